// Bundles the pinned libraries into src/qingce/publish/assets/vendor. Classic scripts: modules do not load from file://.
import { build } from "esbuild";
import { cp, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const vendor = join(here, "../src/qingce/publish/assets/vendor");
const limit = 2.5 * 1024 * 1024;

await rm(vendor, { recursive: true, force: true });
await mkdir(vendor, { recursive: true });

const shared = { bundle: true, minify: true, format: "iife", target: "chrome100", legalComments: "none", logLevel: "warning" };
await build({ ...shared, entryPoints: [join(here, "src/charts.js")], outfile: join(vendor, "echarts.js") });
await build({
  ...shared,
  entryPoints: [join(here, "src/map.js")],
  outfile: join(vendor, "maplibre.js"),
  loader: { ".css": "empty" },
  define: { "import.meta.url": '""' },
  plugins: [{
    name: "worker-as-text",
    setup(b) {
      b.onLoad({ filter: /maplibre-gl-worker\.mjs$/ }, async ({ path }) => {
        const made = await build({ ...shared, entryPoints: [path], write: false, define: { "import.meta.url": '""' } });
        return { contents: made.outputFiles[0].text, loader: "text" };
      });
    },
  }],
});
await build({ entryPoints: [join(here, "node_modules/maplibre-gl/dist/maplibre-gl.css")], outfile: join(vendor, "maplibre.css"), minify: true, bundle: true, loader: { ".svg": "dataurl" }, logLevel: "warning" });
await cp(join(here, "node_modules/htmx.org/dist/htmx.min.js"), join(vendor, "htmx.js"));

const notices = [["echarts", "LICENSE"], ["maplibre-gl", "LICENSE.txt"], ["htmx.org", "LICENSE"]];
for (const [name, file] of notices) {
  await cp(join(here, "node_modules", name, file), join(vendor, `LICENSE-${name}.txt`));
}
let total = 0;
for (const name of (await readdir(vendor)).sort()) {
  const { size } = await stat(join(vendor, name));
  total += size;
  console.log(`${String(size).padStart(9)}  ${name}`);
}
console.log(`${String(total).padStart(9)}  total`);
if (total > limit) {
  console.error(`the assets weigh ${total} bytes, more than ${limit}`);
  process.exit(1);
}
await writeFile(join(vendor, "BUILT"), `${total}\n`);
