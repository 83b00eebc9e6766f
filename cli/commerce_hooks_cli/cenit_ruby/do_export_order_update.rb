# do_export_order_update(data, integration, webhook, order_exported, task)
# Hands a changed order over, under the id that it got when it was created.
body = { order: data }.to_json
values = { 'order_id' => order_exported[:id].to_s }
#= call update_order

answer[:order]
