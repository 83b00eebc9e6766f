# do_get_products(integration, webhook, task)
# The products that changed in the task's time, at most 15 days and 50 products at a time. The
# task comes again until it has them all.
#= window
#= call get_products

more = answer[:more]
ids = answer[:items].map { |item| item[:item_id] }
webhook = Cenit.namespace(webhook.namespace).webhook(:get_product)
products = ids.map do |id|
  body = { item_id: id }.to_json
  #= call get_product
  answer[:item]
end
#= next_window
products
