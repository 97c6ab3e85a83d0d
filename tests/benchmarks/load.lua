-- What one wrk run sends, and its result as a line of JSON. Arguments: METHOD TEXT TIMES HEADS; the
-- body is TEXT repeated TIMES times (none if TEXT is empty). With one head no per-request function is
-- defined, so wrk formats the request once and answers cost it no Lua; else it picks a ready one.

function init(args)
  wrk.method = args[1]
  if args[2] ~= "" then
    wrk.body = string.rep(args[2], tonumber(args[3]))
  end
  local heads = tonumber(args[4])
  if heads > 1 then
    local requests, at = {}, 0
    for n = 1, heads do
      requests[n] = wrk.format(nil, wrk.path .. "?" .. n)
    end
    function request()
      at = at % heads + 1
      return requests[at]
    end
  end
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, '
      .. '"errors": {"connect": %d, "read": %d, "write": %d, "status": %d, "timeout": %d}}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect, e.read, e.write, e.status, e.timeout))
end
