if answer[:error]
  Cenit.fail("$service: #{[answer[:error], answer[:message], answer[:errors]].compact.to_json}")
end
