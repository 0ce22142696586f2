-- Each request is the next form of a file.
local forms
function init(arguments)
    forms = assert(io.open(arguments[1]))
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
    wrk.path = arguments[2]
end
function request()
    return wrk.format(nil, nil, nil, assert(forms:read("*l"), "there are too few forms; prepare more requests"))
end
