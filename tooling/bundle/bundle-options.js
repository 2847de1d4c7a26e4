/** How a program of this repository becomes a bundle: of all packages' sources, for Node. */
export const bundleOptions = {
  platform: "node",
  resolve: { conditionNames: ["@verigate/source", "import", "node", "default"] },
};

export const bundleOutput = {
  minify: true,
  sourcemap: true,
  chunkFileNames: "[name].js",
  // One character beyond it doubles what a file takes in memory.
  charset: "ascii",
  // Licences are in a file of their own.
  comments: false,
};
