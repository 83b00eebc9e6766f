# Runs algorithms as Cenit does, as far as they can tell: a webhook that records what it is made
# to send, and a Cenit that fails. Reads cases as JSON, and writes what came of each.
require 'base64'
require 'digest'
require 'json'
require 'openssl'
require 'time'
require 'uri'

# Of Cenit's sandbox (Capataz): what may not be written, and what may be called on a constant.
FORBIDDEN = %i[FCALL VCALL DEFN DEFS CLASS MODULE SCLASS SELF IVAR IASGN GVAR GASGN CVAR CVASGN
               CDECL LAMBDA YIELD XSTR].freeze
DENIED = %i[require new create class eval class_eval instance_eval constants const_get const_set
            constantize send instance_variable_get instance_variable_set].freeze
ALLOWED = {
  'JSON' => %i[parse generate pretty_generate], 'URI' => %i[encode_www_form parse],
  'Time' => %i[now at], 'Digest::SHA256' => %i[hexdigest], 'OpenSSL::HMAC' => %i[hexdigest],
  'Base64' => %i[strict_encode64], 'Cenit' => %i[fail namespace]
}.freeze

def constant(node)
  case node&.type
  when :CONST then node.children[0].to_s
  when :COLON2 then [constant(node.children[0]), node.children[1].to_s].compact.join('::')
  end
end

def violations(node)
  return [] unless node.is_a?(RubyVM::AbstractSyntaxTree::Node)

  found = FORBIDDEN.include?(node.type) ? [node.type.to_s] : []
  if %i[CALL QCALL OPCALL].include?(node.type)
    receiver, name = node.children
    known = constant(receiver)
    found << name.to_s if DENIED.include?(name)
    found << "#{known}.#{name}" if known && !ALLOWED.fetch(known, []).include?(name)
  end
  found + node.children.flat_map { |child| violations(child) }
end

class Failed < StandardError; end

Record = Struct.new(:fields) do
  def method_missing(name, *) = fields.fetch(name)
  def respond_to_missing?(*) = true
end

class Webhook
  attr_reader :name

  def initialize(name, case_)
    @name = name
    @case = case_
  end

  def namespace = 'Test'
  def template_parameters_hash = @case[:secrets].transform_keys(&:to_s)

  def submit!(body: nil, template_parameters: {}, headers: {})
    @case[:sent] << { service: name, body: body, values: template_parameters, headers: headers }
    @case[:answers].shift
  end
end

Namespace = Struct.new(:case_) do
  def webhook(name) = Webhook.new(name, case_)
end

module Cenit
  class << self
    attr_accessor :running

    def fail(message) = raise(Failed, message)
    def namespace(_name) = Namespace.new(running)
  end
end

def value_of(given, case_)
  case given
  when Hash
    return Webhook.new(given[:webhook], case_) if given.key?(:webhook)
    return given[:texts].transform_keys(&:to_s) if given.key?(:texts)
    return Record.new(given[:record].transform_values { |value| value_of(value, case_) }) if given.key?(:record)

    given
  when Array then given.map { |value| value_of(value, case_) }
  else given
  end
end

def run(case_)
  case_[:sent] = []
  Cenit.running = case_
  locals = case_[:arguments].keys.map { |name| "#{name} ||= nil\n" }.join
  told = { violations: violations(RubyVM::AbstractSyntaxTree.parse(locals + case_[:code])) }
  return told if case_[:only_checked]

  now = Time.at(case_[:now])
  Time.define_singleton_method(:now) { now }
  scope = binding
  arguments = case_[:arguments].transform_values { |given| value_of(given, case_) }
  arguments.each { |name, value| scope.local_variable_set(name, value) }
  begin
    told[:result] = scope.eval(case_[:code])
  rescue Failed => e
    told[:failed] = e.message
  end
  states = arguments.values.grep(Record).filter_map { |record| record.fields[:state] }
  told.merge(sent: case_[:sent], state: states.first)
end

puts JSON.generate(JSON.parse($stdin.read, symbolize_names: true).map { |case_| run(case_) })
