# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Jobs of Sidekiq for tests, and a program that enqueues them with Sidekiq's own client:
#   ruby app.rb fill QUEUE COUNT [CLASS [SECONDS]]   enqueue jobs, for now or for in so many seconds
#   sidekiq -r ./app.rb -q QUEUE -c THREADS          work on them, with Sidekiq's own program
# REDIS_URL says where Redis is. MODE says what a worker does with a job: ok, fail or hold.

require "sidekiq"
require "sidekiq/api"

Redis.silence_deprecations = true

if Sidekiq.server?
  require "sidekiq/launcher"
  # Tests do not wait for 5 seconds until a process says what it works on.
  Sidekiq::Launcher.send(:remove_const, :BEAT_PAUSE)
  Sidekiq::Launcher.const_set(:BEAT_PAUSE, 0.3)
end

module Working
  def perform(number, amount = nil)
    case ENV.fetch("MODE", "ok")
    when "fail"
      raise ArgumentError, "the cause of job #{number} is not fixed"
    when "hold"
      sleep 0.02 until Sidekiq.redis { |redis| redis.exists?("release") }
    end
    Sidekiq.redis { |redis| redis.rpush("processed", JSON.generate([jid, number, amount])) }
  end
end

# Dies with its first failure.
class Mortal
  include Sidekiq::Worker
  include Working
  sidekiq_options retry: 0, dead: true
end

# Is tried again, much later.
class Patient
  include Sidekiq::Worker
  include Working
  sidekiq_options retry: 3
end

def fill(queue, count, name = "Mortal", seconds = nil)
  jobs = Object.const_get(name).set(queue: queue)
  count.to_i.times do |number|
    arguments = [number, 1.10 * number]
    seconds ? jobs.perform_in(seconds.to_i, *arguments) : jobs.perform_async(*arguments)
  end
end

if $PROGRAM_NAME == __FILE__
  command, *arguments = ARGV
  abort "unknown command #{command}" unless command == "fill"
  fill(*arguments)
end
