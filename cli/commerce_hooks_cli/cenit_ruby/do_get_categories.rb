# do_get_categories(integration, webhook, task)
# All categories, as a tree.
body = nil
values = {}
#= call get_categories

Cenit.fail("get_categories: code #{answer[:code]}") if answer[:code].to_i != 0
answer[:data]
