#!/bin/sh
# A test that fails, with the colours, sections and progress that tests print.
e=$(printf '\033')
now=$(date +%s)
printf 'section_start:%s:fetch[collapsed=true]\r%s[0KFetch source\n' "$now" "$e"
printf '%s[2m$ git fetch origin%s[0m\nHEAD is now at 41be77e Cache price lists per currency zone\n' "$e" "$e"
printf 'section_end:%s:fetch\r%s[0K\n' "$((now + 2))" "$e"
printf '::group::Install\nCollecting flask==3.1.3\n%s[33mWARNING:%s[0m redis 8.1.0 is not what ran before\n' "$e" "$e"
printf '%s[32mSuccessfully installed%s[0m 7 packages\n::endgroup::\n' "$e" "$e"
printf '+++ Run tests\n%s[2m$ python -m pytest -q%s[0m\n10 %%\r60 %%\r' "$e" "$e"
printf '........................................F....... 100 %%\n'
printf "%s[1;31mFAILED%s[0m tests/test_prices.py::test_every_zone_has_a_price - KeyError: ('sku-20871', 'SEK')\n" "$e" "$e"
printf '%s[31m1 failed%s[0m, 46 passed in 8.21s\n' "$e" "$e"
exit 1
