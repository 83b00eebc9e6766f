if more
  task.state[:offset] += limit
  task.state[:import_next_block] = true
elsif to < task.state[:end_date]
  task.state[:start_date] = to
  task.state[:offset] = 0
  task.state[:import_next_block] = true
end
