// Preloaded into a process that is measured: writes its peak memory (kB) and its processor time (µs) when it ends.
'use strict';
process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const text = JSON.stringify({ peakKb: maxRSS, cpuMicros: userCPUTime + systemCPUTime });
  require('node:fs').writeFileSync(process.env.KVITTO_BENCH_USAGE, text);
});
