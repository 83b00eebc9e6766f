# Signed are five lines: method, path, query, time, and the body's SHA-256 in hexadecimals.
key_id, generation, secret = webhook.template_parameters_hash['$parameter'].to_s.split('.')
Cenit.fail('The authorization base has no $parameter yet.') if secret.nil?
path = $path
query = $query
timestamp = Time.now.to_i.to_s
lines = ['$method', path, query, timestamp, Digest::SHA256.hexdigest(body.to_s)]
signature = OpenSSL::HMAC.hexdigest('SHA256', secret, lines.join("\n"))
headers = {
  '$timestamp_header' => timestamp,
  '$signature_header' => "#{key_id}.#{generation}.#{signature}"
}
response = webhook.submit!(body: body, template_parameters: values, headers: headers)
answer = JSON.parse(response, symbolize_names: true)
