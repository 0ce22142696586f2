-- Each request uses a refresh token that an answer before gave.
local tokens, first, last = {}, 1, 0
function init(arguments)
    for token in io.lines(arguments[1]) do
        last = last + 1
        tokens[last] = token
    end
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
    wrk.path = arguments[2]
end
function request()
    local token = assert(tokens[first], "no refresh token is left: answers were refused")
    tokens[first], first = nil, first + 1
    return wrk.format(nil, nil, nil, "grant_type=refresh_token&client_id=VN/GOV/G22/portal/public&refresh_token=" .. token)
end
function response(status, headers, body)
    local token = body:match('"refresh_token":"([^"]+)"')
    if token then
        last = last + 1
        tokens[last] = token
    end
end
