/** The Kubernetes release whose API is served, and Skiff's own version after the plus. The one place that says so. */
export const serverVersion = {
  major: "1",
  minor: "36",
  gitVersion: "v1.36.0+skiff0.1.0",
} as const;
