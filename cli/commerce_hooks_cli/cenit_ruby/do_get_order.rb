# do_get_order(integration, number, webhook, task)
# One order by its number.
body = { ordersn_list: [number] }.to_json
values = {}
#= call get_order

answer[:orders].first
