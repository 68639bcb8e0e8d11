# SPDX-License-Identifier: BSD-2-Clause
# `culprit: NAME` marks the line that is to be reported for a client.
class Notifier
  def perform(name)
    KEPT << send(name)
  rescue StandardError => e
    KEPT << e
  end

  def redis
    require 'redis'
    Redis.new(host: '127.0.0.1', port: 1).get('a') # culprit: redis
  end

  def redis_unix
    require 'redis'
    Redis.new(path: '/run/none').get('a') # culprit: redis_unix
  end

  def bunny
    require 'bunny'
    Bunny.new(host: '127.0.0.1', port: 1, recovery_attempts: 0, log_level: 5).start # culprit: bunny
  end

  def net_http
    require 'net/http'
    Net::HTTP.get(URI('http://127.0.0.1:1/')) # culprit: net_http
  end

  def faraday
    require 'faraday'
    Faraday.get('http://127.0.0.1:1/') # culprit: faraday
  end

  def excon
    require 'excon'
    Excon.get('http://127.0.0.1:1/') # culprit: excon
  end

  def http
    require 'http'
    HTTP.get('http://127.0.0.1:1/') # culprit: http
  end

  def pg
    require 'pg'
    PG.connect(host: '127.0.0.1', port: 1, dbname: 'x') # culprit: pg
  end

  def mysql2
    require 'mysql2'
    Mysql2::Client.new(host: '127.0.0.1', port: 1) # culprit: mysql2
  end

  def active_record
    require 'active_record'
    ActiveRecord::Base.establish_connection(adapter: 'postgresql', host: '127.0.0.1', port: 1)
    ActiveRecord::Base.connection # culprit: active_record
  end

  def dalli
    require 'dalli'
    Dalli::Client.new('127.0.0.1:1').get('a') # culprit: dalli
  end

  def sidekiq
    require 'sidekiq'
    Sidekiq.configure_client { |config| config.redis = { url: 'redis://127.0.0.1:1' } }
    Sidekiq::Client.push('class' => 'X', 'args' => []) # culprit: sidekiq
  end

  def net_smtp
    require 'net/smtp'
    Net::SMTP.start('127.0.0.1', 1) # culprit: net_smtp
  end

  def mail
    require 'mail'
    message = Mail.new(from: 'a@b', to: 'c@d', body: 'x')
    message.delivery_method(:smtp, address: '127.0.0.1', port: 1)
    message.deliver! # culprit: mail
  end

  def thread
    require 'redis'
    Thread.new do
      Redis.new(host: '127.0.0.1', port: 1).get('a') # culprit: thread
    rescue StandardError => e
      KEPT << e
    end.join
  end
end
