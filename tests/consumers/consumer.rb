# consumer.rb PROFILE CALLS PAUSE_MS: asks STS who it is, so many times, with one client. Prints a
# line a call: `ok ACCESS_KEY ARN` or `failed WHAT THE SDK SAYS`.

require 'aws-sdk-core'
require 'aws-sdk-sts' unless defined?(Aws::STS)

profile, calls, pause = ARGV
$stdout.sync = true
begin
  chosen = profile == '-' ? {} : { profile: profile }
  sts = Aws::STS::Client.new(endpoint: ENV.fetch('STS_URL'), region: 'us-east-1', retry_limit: 0, **chosen)
rescue StandardError => e
  puts "failed #{e.class}: #{e.message}".tr("\n", ' ')
  exit
end

Integer(calls).times do |call|
  sleep(Integer(pause) / 1000.0) if call.positive?
  begin
    sent = sts.get_caller_identity
    signed = sent.context.http_request.headers['authorization'].to_s
    puts "ok #{signed[%r{Credential=([^/]*)}, 1]} #{sent.arn}"
  rescue StandardError => e
    puts "failed #{e.class}: #{e.message}".tr("\n", ' ')
  end
end
