-- SPDX-License-Identifier: BSD-2-Clause
-- Lua: sockets of LuaSocket that nobody closes.
local socket = require("socket")
local kept = {}

local function open_one()
    local created = socket.tcp4 and socket.tcp4() or socket.tcp()
    kept[#kept + 1] = created
end

local function fill(count)
    for _ = 1, count do
        open_one()
    end
end

print("ready")
io.stdout:flush()
io.read("l")
fill(20)
print("leaked 20")
io.stdout:flush()
while io.read("*l") do
end
print(#kept)
