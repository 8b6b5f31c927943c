-- Requests that differ from one to the next; the closing line is one JSON object, as that of request.lua.
--   KIND=refresh    spends the refresh tokens of the file POOL, and puts each successor back
--   KIND=register   registers clients with different names
--   KIND=bodies     posts the lines of the file POOL in turn
--   KIND=bearer     presents the credentials of the file POOL in turn
local kind = os.getenv("KIND")
local form = os.getenv("FORM") or ""
local pool, first, last, count = {}, 1, 0, 0

for line in (os.getenv("HEADERS") or ""):gmatch("[^\n]+") do
  local name, value = line:match("^([^:]+): (.*)$")
  wrk.headers[name] = value
end
wrk.method = os.getenv("METHOD") or "POST"

local function put(text)
  last = last + 1
  pool[last] = text
end

function init()
  local name = os.getenv("POOL")
  if name then
    for line in io.lines(name) do put(line) end
  end
  -- Another round must not register the names of this one.
  math.randomseed(tonumber(os.getenv("SEED") or "1"))
  round = math.random(1, 1000000000)
end

function request()
  count = count + 1
  if kind == "register" then
    return wrk.format(nil, nil, nil, string.format(
      '{"client_name":"Client %d-%d","redirect_uris":["https://c%d.example/callback"],'
      .. '"grant_types":["authorization_code","refresh_token"],"token_endpoint_auth_method":"none"}',
      round, count, count))
  elseif kind == "bodies" then
    return wrk.format(nil, nil, nil, pool[count % last + 1])
  elseif kind == "bearer" then
    wrk.headers["Authorization"] = "Bearer " .. pool[count % last + 1]
    return wrk.format(nil, nil, nil, os.getenv("BODY"))
  end
  local token = pool[first]
  -- With more tokens than connections there is always one; an empty one would be refused, and be seen in the result.
  if token then
    pool[first] = nil
    first = first + 1
  end
  return wrk.format(nil, nil, nil, form .. (token or ""))
end

if kind == "refresh" then
  function response(status, headers, body)
    local token = body:match('"refresh_token"%s*:%s*"([^"]+)"')
    if token then put(token) end
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nRESULT {"requests": %d, "microseconds": %d, "refused": %d, "broken": %d, "p50": %d, "p99": %d}\n',
    summary.requests, summary.duration, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
