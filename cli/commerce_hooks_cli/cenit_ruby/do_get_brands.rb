# do_get_brands(integration, webhook, task)
# A thousand brands at a time. The task comes again until it has them all.
limit = 1000
task.state[:offset] ||= 0
body = nil
values = { 'limit' => limit.to_s, 'offset' => task.state[:offset].to_s }
#= call get_brands

Cenit.fail("get_brands: code #{answer[:code]}") if answer[:code].to_i != 0
brands = answer[:data]
if brands.size == limit
  task.state[:offset] += limit
  task.state[:import_next_block] = true
end
brands
