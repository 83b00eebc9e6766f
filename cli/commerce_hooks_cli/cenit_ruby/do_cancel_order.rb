# do_cancel_order(order, webhook, task)
# Asks for an order to be cancelled, by its number; the first line's ids go along if it has any.
line = order.line_items.first
ids = line.nil? ? {} : { item_id: line.id.to_s, variation_id: line.variation_id.to_s }
details = { ordersn: order.number.to_s, cancel_reason: 'OUT_OF_STOCK' }.merge(ids)
body = details.reject { |_, value| value.empty? }.to_json
values = {}
#= call cancel_order

true
