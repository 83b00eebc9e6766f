# do_get_product(integration, product_id, webhook, task)
# One product by its id.
body = { item_id: product_id }.to_json
values = {}
#= call get_product

answer[:item]
