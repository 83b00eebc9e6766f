limit = 50
task.state[:offset] ||= 0
from = task.state[:start_date]
to = [from + (15 * 24 * 60 * 60), task.state[:end_date]].min
body = {
  update_time_from: from.to_i,
  update_time_to: to.to_i,
  pagination_entries_per_page: limit,
  pagination_offset: task.state[:offset]
}.to_json
values = {}
