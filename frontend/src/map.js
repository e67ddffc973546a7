// MapLibre with its worker inside the bundle, so that a map opens from file:// without a server.
import { LngLatBounds, Map, Marker, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import worker from "maplibre-gl/dist/maplibre-gl-worker.mjs";

setWorkerUrl(URL.createObjectURL(new Blob([worker], { type: "text/javascript" })));
globalThis.maplibregl = { LngLatBounds, Map, Marker, NavigationControl, ScaleControl };
