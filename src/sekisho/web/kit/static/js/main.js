// The one entry: each module looks for its own marks in the page and does nothing where there are none.
import { startCountdown } from "./countdown.js";
import { startMeters } from "./password_meter.js";
import { startResend } from "./resend.js";
import { startShowing } from "./show_password.js";

startCountdown();
startMeters();
startResend();
startShowing();
