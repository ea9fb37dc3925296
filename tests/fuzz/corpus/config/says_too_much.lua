local t = {} for i = 1, 9999 do t[i] = i end for i = 1, 1e9 do provider('p')(t) end
