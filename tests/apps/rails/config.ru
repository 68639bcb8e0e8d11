# SPDX-License-Identifier: BSD-2-Clause
# An application of Rails: each path has a job call one client, which does not get a connection.
require 'rails'
require 'action_controller/railtie'

KEPT = []

class Shop < Rails::Application
  config.eager_load = false
  config.secret_key_base = 'x'
  config.hosts.clear
  config.logger = Logger.new(nil)
  config.autoload_paths << "#{__dir__}/jobs"
  routes.append { get '/:name', to: 'jobs#call' }
end

class JobsController < ActionController::Base
  before_action :audit

  def audit
    KEPT << Socket.new(:INET, :STREAM) if params[:name] == 'filter' # culprit: filter
  end

  def call
    Notifier.new.perform(params[:name]) unless params[:name] == 'filter'
    render plain: params[:name]
  end
end

Shop.initialize!
run Shop
