local i = 0 while i < 1e6 do nowhere() i = i + 1 end
