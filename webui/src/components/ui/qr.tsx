import { useEffect, useState } from "react";

/** A text as a square to point a camera at: dark on light, also in the evening. */
export function QR({ text, label }: { text: string; label: string }) {
  const [rows, setRows] = useState<boolean[][]>([]);
  useEffect(() => {
    let over = false;
    void import("uqr").then(({ encode }) => over || setRows(encode(text, { ecc: "M", border: 4 }).data));
    return () => {
      over = true;
    };
  }, [text]);
  const path = rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${rows.length || 1} ${rows.length || 1}`}
      shapeRendering="crispEdges"
      className="mx-auto aspect-square w-full max-w-64 rounded-xl bg-white"
    >
      <path d={path} fill="black" />
    </svg>
  );
}
