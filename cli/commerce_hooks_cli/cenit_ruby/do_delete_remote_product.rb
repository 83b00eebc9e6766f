# do_delete_remote_product(product, webhook, task)
# Asks for a product to be removed from the store.
body = nil
values = { 'item_id' => product.remote_product_id.to_s }
#= call delete_product

true
