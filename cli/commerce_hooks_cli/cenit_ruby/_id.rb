unless values['$id_name'].match?(/\A[A-Za-z0-9][A-Za-z0-9._~-]{0,127}\z/)
  Cenit.fail('$service: an id that needs encoding cannot stand in the path.')
end
