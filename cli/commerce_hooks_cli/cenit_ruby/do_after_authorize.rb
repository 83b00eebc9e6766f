# do_after_authorize(integration, webhook, task)
# Refuses an authorization that the store does not know. Nothing has to be imported at first.
body = '{}'
values = {}
#= try get_integration_metadata

Cenit.fail('The store refuses this authorization.') if answer[:error] == 'unauthorized'
[]
