// Unpacks Chromium, its libraries and fonts into the temporary folder (TMPDIR).
import chromium from "@sparticuz/chromium";

console.log(`unpacked ${await chromium.executablePath()}`);
