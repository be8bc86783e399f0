/* global SwaggerUIBundle */

/** The page at /docs: the service's own OpenAPI document, with every request to be tried against the service itself. */
const ui = SwaggerUIBundle({
  url: new URL("openapi.json", document.baseURI).href,
  dom_id: "#reference",
  deepLinking: true,
  docExpansion: "list",
  filter: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  // What is ours is marked so (docs/api.md).
  showExtensions: true,
  // Would ask a server of Swagger's.
  validatorUrl: null,
  requestInterceptor: askForJson,
  responseInterceptor: useToken,
  plugins: [leaveOut, foldHeaders],
});

/** Swagger UI asks for anything, and refusals would come as pages of HTML (docs/clients.md). */
function askForJson(request) {
  if ((request.headers.accept ?? request.headers.Accept ?? "*/*") === "*/*") {
    delete request.headers.Accept;
    request.headers.accept = "application/json, */*;q=0.5";
  }
  return request;
}

/** A token that was asked for here goes with every later request, as one does that is pasted under "Authorize". */
function useToken(answer) {
  const token = answer.headers?.["x-subject-token"];
  const wasLogin = /\/v3\/auth\/tokens$/.test(answer.url) && answer.status === 201;
  if (wasLogin && token) for (const name of tokenSchemes()) ui.preauthorizeApiKey(name, token);
  return answer;
}

/** What the document calls the header that a token goes in. */
function tokenSchemes() {
  const schemes = ui.specSelectors.securityDefinitions()?.toJS() ?? {};
  return Object.keys(schemes).filter((name) => schemes[name].name?.toLowerCase() === "x-auth-token");
}

/**
 * What a request need not have is left out of it until somebody puts it in: Swagger UI would fill the example of every
 * filter into a list, which then finds nothing.
 */
function leaveOut({ React }) {
  /** It fills in while it renders, and at no other time. */
  const startingEmpty = (ParameterRow) =>
    class extends React.Component {
      componentDidMount() {
        this.rendering = false;
      }

      componentDidUpdate() {
        this.rendering = false;
      }

      render() {
        this.rendering = true;
        const onChange = (parameter, ...more) => {
          if (!this.rendering || parameter.get("required")) this.props.onChange(parameter, ...more);
        };
        return React.createElement(ParameterRow, { ...this.props, onChange });
      }
    };
  return { wrapComponents: { parameterRow: startingEmpty } };
}

/** The headers of an answer, of which many are every answer's, once somebody wants to see them. */
function foldHeaders({ React }) {
  const folded = (Headers) => (props) =>
    props.headers?.size
      ? React.createElement(
          "details",
          { className: "folded-headers" },
          React.createElement("summary", null, `${props.headers.size} headers`),
          React.createElement(Headers, props),
        )
      : null;
  return { wrapComponents: { headers: folded } };
}
