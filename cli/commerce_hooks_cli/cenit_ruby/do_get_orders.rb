# do_get_orders(integration, webhook, task)
# The orders that changed in the task's time, at most 15 days and 50 orders at a time. The task
# comes again until it has them all.
#= window
#= call get_orders

more = answer[:more]
numbers = answer[:orders].map { |order| order[:ordersn] }
orders = []
if numbers.any?
  webhook = Cenit.namespace(webhook.namespace).webhook(:get_order)
  body = { ordersn_list: numbers }.to_json
  #= call get_order
  orders = answer[:orders]
end
#= next_window
orders
