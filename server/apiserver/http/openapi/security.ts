/** How clients that are generated prove who they are, other than by certificates. */
export const bearerToken = {
  type: "apiKey",
  description: "Bearer Token authentication",
  name: "authorization",
  in: "header",
} as const;
