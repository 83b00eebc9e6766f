# do_get_order_document(order, doc_type, webhook)
# A document of an order, such as its air waybill, as a PDF in base64.
body = { ordersn_list: [order.number], is_batch: false }.to_json
values = {}
#= call get_order_document

problem = answer[:result][:errors].first
Cenit.fail("get_order_document: #{problem[:error_description]}") unless problem.nil?
document = URI.parse(answer[:result][:airway_bills].first[:airway_bill]).read
{ file: Base64.strict_encode64(document), mime_type: 'application/pdf', document_type: doc_type }
