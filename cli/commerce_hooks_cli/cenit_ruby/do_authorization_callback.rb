# do_authorization_callback(callback_params, template_parameters)
# Nothing comes back from anywhere: what proves this integration is filled in by hand.
if template_parameters['$parameter'].to_s.empty?
  Cenit.fail('Fill in the template parameter $parameter of the authorization base first.')
end
true
