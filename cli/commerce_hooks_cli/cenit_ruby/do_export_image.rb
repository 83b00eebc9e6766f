# do_export_image(url, integration, webhook, task)
# Asks for an image to be taken over, and returns the URL under which it is known from then on.
body = nil
escaped = url.to_s.encode(xml: :text)
values = { 'payload' => "<Request><Image><Url>#{escaped}</Url></Image></Request>" }
#= call upload_image

Cenit.fail("upload_image: code #{answer[:code]}") if answer[:code].to_i != 0
answer[:data][:image][:url]
