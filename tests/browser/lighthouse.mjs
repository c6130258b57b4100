// Lighthouse on every kind of page: nothing of accessibility and best practices may fail.

import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

const CATEGORIES = ["accessibility", "best-practices"];
// Plain HTTP on this machine is what the tests speak; what TLS brings is tried in `tests/tls.rs`.
const NOT_HERE = ["is-on-https", "redirects-http"];

// What each page lacks of 100 of 100, by audit; a visit is a path and the cookie of whoever opens it.
export async function audited(chromium, base, visits) {
  const sandbox = process.getuid() === 0 ? ["--no-sandbox"] : [];
  const chrome = await launch({ chromePath: chromium, chromeFlags: ["--headless=new", "--disable-dev-shm-usage", ...sandbox] });
  const failed = [];
  try {
    for (const { path, cookie } of visits) {
      const flags = {
        port: chrome.port, output: "json", logLevel: "error", onlyCategories: CATEGORIES, skipAudits: NOT_HERE, disableFullPageScreenshot: true,
        extraHeaders: cookie ? { Cookie: cookie } : {}, formFactor: "desktop", throttlingMethod: "provided",
        // An open page listens for changes for ever: the network is never quiet.
        maxWaitForLoad: 3000, pauseAfterFcpMs: 0, pauseAfterLoadMs: 0, networkQuietThresholdMs: 0, cpuQuietThresholdMs: 0,
        screenEmulation: { mobile: false, width: 1280, height: 900, deviceScaleFactor: 1, disabled: false },
      };
      const { lhr } = await lighthouse(base + path, flags);
      if (lhr.runtimeError) failed.push(`${path}: ${lhr.runtimeError.message}`);
      if (new URL(lhr.finalDisplayedUrl).pathname !== new URL(path, base).pathname) failed.push(`${path} led to ${lhr.finalDisplayedUrl}`);
      for (const name of CATEGORIES) {
        const { score, auditRefs } = lhr.categories[name];
        const bad = auditRefs.map(({ id, weight }) => ({ ...lhr.audits[id], weight })).filter((a) => a.weight && a.score !== null && a.score < 1);
        const what = (a) => `${a.id} (${a.title}: ${(a.details?.items ?? []).slice(0, 2).map((i) => i.node?.snippet ?? i.description ?? i.source ?? "").join(" | ")})`;
        if (score !== 1) failed.push(`${path}: ${name} ${Math.round((score ?? 0) * 100)}: ${bad.map(what).join("; ")}`);
      }
    }
  } finally {
    chrome.kill();
  }
  return failed;
}
