response = webhook.submit!(body: body, template_parameters: values)
answer = JSON.parse(response, symbolize_names: true)
