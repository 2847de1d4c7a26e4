// The peer vanguard: connectrpc.com/vanguard turns gRPC into the upstream's REST,
// and net/http's reverse proxy sends it on. Takes PORT UPSTREAM.
package main

import (
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"

	"connectrpc.com/vanguard"
	"google.golang.org/genproto/googleapis/api/annotations"
)

// As many connections to the upstream as the gateway opens by default.
const upstreamConnections = 256

func main() {
	if len(os.Args) < 3 {
		log.Fatal("expected a port and the upstream's origin")
	}
	upstream, err := url.Parse(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	transcoder, err := newTranscoder(newProxy(upstream))
	if err != nil {
		log.Fatal(err)
	}
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Addr: "127.0.0.1:" + os.Args[1], Handler: transcoder, Protocols: protocols}
	log.Fatal(server.ListenAndServe())
}

func newProxy(upstream *url.URL) http.Handler {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = upstreamConnections
	transport.MaxConnsPerHost = upstreamConnections
	transport.DisableCompression = true
	return &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(request *httputil.ProxyRequest) {
			request.SetURL(upstream)
			request.Out.Header.Set("X-Service-Auth", "bench:bench")
		},
	}
}

func newTranscoder(upstream http.Handler) (http.Handler, error) {
	schema, err := authAPI()
	if err != nil {
		return nil, err
	}
	service := vanguard.NewServiceWithSchema(schema, upstream, vanguard.WithTargetProtocols(vanguard.ProtocolREST))
	return vanguard.NewTranscoder([]*vanguard.Service{service}, vanguard.WithRules(&annotations.HttpRule{
		Selector: "verigate.v1.AuthAPI.VerifyPin",
		Pattern: &annotations.HttpRule_Put{
			Put: "/v1/service/service/{service_id}/users/{user_id}/auth",
		},
		Body: "*",
	}))
}
