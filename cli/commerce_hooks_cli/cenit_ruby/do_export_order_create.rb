# do_export_order_create(data, integration, webhook, task)
# Hands a new order over. The answer has the id by which it is updated later: a repeat of the
# same order number gets the same id.
body = { order: data }.to_json
values = {}
#= call create_order

Cenit.fail('create_order: the answer has no id.') if answer[:order][:id].nil?
answer[:order]
