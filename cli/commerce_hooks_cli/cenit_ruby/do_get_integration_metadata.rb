# do_get_integration_metadata(integration, webhook)
# What is known of the store.
body = '{}'
values = {}
#= call get_integration_metadata

answer
