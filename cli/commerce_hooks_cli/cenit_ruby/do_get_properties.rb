# do_get_properties(integration, category, webhook)
# What can be said of the products of a category.
body = { category_id: category.id }.to_json
values = {}
#= call get_category_attrs

answer[:attributes]
