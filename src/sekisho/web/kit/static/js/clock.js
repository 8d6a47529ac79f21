// Minutes and seconds in the page's language: the pattern comes from the catalogue, such as "{m}:{s}" or "{m}分{s}秒".
export function clock(seconds, pattern) {
  const left = Math.max(0, Math.ceil(seconds));
  return pattern.replace("{m}", String(Math.floor(left / 60))).replace("{s}", String(left % 60).padStart(2, "0"));
}
