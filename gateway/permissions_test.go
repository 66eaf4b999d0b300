package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"

	"homie/gateway"
	"homie/internal/homietest"
	"homie/internal/tailbox"
	"homie/node"
	"homie/rpc"
	"homie/wire"
	"homie/wire/jobs"
	"homie/wire/nodes"
	"homie/wire/terminal"
)

// legend stands above the matrix.
const legend = `# Who may do what: each cell is the outcome of a real call, from a real device
# of that kind, in one household. Rewritten by: go test ./gateway -run TestPermissions -update
#
#   yes          allowed, and answered
#   yes:REASON   allowed; there was nothing there to act on, or the example is no good
#   no           refused: forbidden
#   no:door      not let in by the front door, so not even asked what for
#   -            not served there
#
# owner    Olivia's laptop               kiosk    a tagged device with the role
# member   Max: member, terminal:*       visitor  a person without a grant
# mate     Mia: the role member alone    tagged   a tagged device without a grant
# guest    Gus: the role guest           shared   from another tailnet, without a grant
# node     a paired machine              waiting  the owner's own device, which asked to be a node
# local    the gateway's unix socket     unknown  a device that the tailnet has no user for
`

// caller is one column of the matrix.
type caller struct {
	kind string
	conn *rpc.Conn // nil for who does not get as far as a hello
	http *http.Client
	base string
	dial func() error // opens a connection and drops it
}

// call makes a call over the socket, or by POST if there is none.
func (c *caller) call(ctx context.Context, method string, params json.RawMessage) error {
	if c.conn != nil {
		return c.conn.Call(ctx, method, params, nil)
	}
	resp, err := post(ctx, c.http, c.base, method, params)
	if err != nil {
		return err
	}
	if resp.Error != nil {
		return resp.Error
	}
	return nil
}

// post makes one call as a program does.
func post(ctx context.Context, client *http.Client, base, method string, params json.RawMessage) (wire.Message, error) {
	var m wire.Message
	body, err := json.Marshal(wire.Message{JSONRPC: wire.Version, ID: json.RawMessage("1"), Method: method, Params: params})
	if err != nil {
		return m, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+wire.Path, strings.NewReader(string(body)))
	if err != nil {
		return m, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Sec-Homie", "1")
	resp, err := client.Do(req)
	if err != nil {
		return m, err
	}
	defer resp.Body.Close()
	err = json.NewDecoder(resp.Body).Decode(&m)
	return m, err
}

// cell is the outcome of a call in the words of the legend.
func cell(err error) string {
	switch reason := wire.ReasonOf(err); reason {
	case "":
		return "yes"
	case wire.Forbidden:
		return "no"
	case wire.Unauthenticated:
		return "no:door"
	case wire.RateLimited:
		if strings.Contains(err.Error(), "Too much from this device was refused") {
			return "no:door" // which refused it so often that it says no more
		}
		return "no:" + string(reason)
	case wire.HelloRequired, wire.Internal:
		return "no:" + string(reason)
	default:
		return "yes:" + string(reason)
	}
}

// matrix is the rows of the golden file, in order.
type matrix struct {
	rows  []string
	cells map[string]map[string]string // row → kind → cell
}

func (m *matrix) set(row string, c *caller, cell string) {
	if m.cells == nil {
		m.cells = map[string]map[string]string{}
	}
	if m.cells[row] == nil {
		m.cells[row] = map[string]string{}
		m.rows = append(m.rows, row)
	}
	m.cells[row][c.kind] = cell
}

func (m *matrix) String() string {
	var b strings.Builder
	b.WriteString(legend + "\n")
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for i, row := range m.rows {
		group, _, _ := strings.Cut(row, " ")
		if before, _, _ := strings.Cut(m.rows[max(0, i-1)], " "); i == 0 || group != before {
			if i > 0 {
				fmt.Fprintln(w, strings.Repeat("\t", len(kinds)))
			}
			fmt.Fprintln(w, group+"\t"+strings.Join(kinds, "\t"))
		}
		fmt.Fprint(w, strings.TrimPrefix(row, group+" "))
		for _, k := range kinds {
			fmt.Fprint(w, "\t"+m.cells[row][k])
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	lines := strings.Split(b.String(), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n")
}

// kinds are the columns, and devices those that are people's or things'.
var (
	kinds   = []string{"owner", "member", "mate", "guest", "kiosk", "visitor", "tagged", "shared", "node", "waiting", "local", "unknown"}
	devices = map[string]string{
		"owner": tailbox.OliviaLaptop, "member": tailbox.MaxTablet, "mate": homietest.MiaPhone,
		"guest": homietest.GusPhone, "kiosk": homietest.WallTablet, "visitor": tailbox.VeraLaptop,
		"tagged": homietest.Printer, "shared": homietest.FredPhone, "unknown": homietest.Nobody,
		"node": tailbox.NodeNAS, "waiting": homietest.NodeAttic,
	}
)

// TestPermissions writes down who may do what. Each method, topic, stream and
// route is tried by each kind of caller.
func TestPermissions(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	// On a machine without the gateway's account, a plain user's own account
	// would need no "as", and the matrix would depend on who runs the test.
	h.StartNode(tailbox.NodeDen, func(c *node.Config) { c.WithGateway = true })
	p := &permissions{House: h, t: t}
	p.meet()
	p.methods()
	p.topics()
	p.routes()
	golden(t, "permissions.golden", p.String())
}

// permissions is the house in which the matrix is tried.
type permissions struct {
	*homietest.House
	matrix

	t       *testing.T
	callers []*caller
	owner   *caller
	nas     *rpc.Conn
	session terminal.Session
	file    string // on the machine den
	job     jobs.RunID
	bell    jobs.RunID // of a button
	// recording is the one that is tried, "" for the newest.
	recording terminal.RecordingID
}

// meet connects one caller of each kind.
func (p *permissions) meet() {
	for _, kind := range kinds {
		c := &caller{kind: kind}
		switch kind {
		case "local":
			c.http, c.base, c.conn, c.dial = p.local()
		case "shared", "unknown": // who are not let in as far as a hello
			c.http, c.base, c.dial = p.Client(devices[kind]), p.Address(), p.dialer(devices[kind])
		case "node", "waiting":
			c.http, c.base, c.dial = p.Client(devices[kind]), p.Address(), p.dialer(devices[kind])
			c.conn = p.Machine(devices[kind])
			want := nodes.Paired
			if kind == "waiting" {
				want = nodes.Pending
			} else {
				p.nas = c.conn
			}
			if got := p.Register(c.conn, homietest.Offer("terminal")); got.State != want {
				p.t.Fatalf("%s registered as %v, want %v", devices[kind], got.State, want)
			}
		default:
			c.http, c.base, c.dial = p.Client(devices[kind]), p.Address(), p.dialer(devices[kind])
			c.conn, _ = p.Connect(devices[kind])
		}
		p.callers = append(p.callers, c)
	}
	p.owner = p.callers[0]
	online(p.t, p.owner.conn, "den")
	p.open(p.owner.conn)
}

// open starts the terminal that is tried, and makes a file.
func (p *permissions) open(c *rpc.Conn) {
	s, err := rpc.Invoke(p.t.Context(), c, terminal.Start, terminal.StartParams{
		Node: "den", Command: []string{"/bin/sh", "-c", "echo hello; cat"}, Cols: 80, Rows: 24,
	})
	p.must(err)
	p.session = s
	p.file = filepath.Join(p.t.TempDir(), "file")
	p.must(os.WriteFile(p.file, []byte("hello"), 0o600))
	p.job = p.runOnce("tidy", jobs.Start, "")
	p.bell = p.runOnce("bell", jobs.Press, "button = true\n")
}

// local is a program of the gateway's own account.
func (p *permissions) local() (*http.Client, string, *rpc.Conn, func() error) {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", filepath.Join(p.Dir(tailbox.Gateway), gateway.SocketName))
	}
	d := rpc.Dialer{URL: "http://local", NetDial: dial}
	c, err := d.Dial(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	homietest.Carry(p.t, c)
	if _, err := c.Hello(p.t.Context(), wire.ClientInfo{Kind: "cli"}); err != nil {
		p.t.Fatal(err)
	}
	return &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}, "http://local", c, p.drop(d)
}

func (p *permissions) dialer(hostname string) func() error {
	return p.drop(rpc.Dialer{URL: p.Address(), NetDial: p.Person(hostname).Dial, TLS: p.TLS()})
}

// drop opens a connection and closes it.
func (p *permissions) drop(d rpc.Dialer) func() error {
	return func() error {
		c, err := d.Dial(p.t.Context())
		if err != nil {
			return err
		}
		ctx, cancel := context.WithCancel(p.t.Context())
		cancel()
		return c.Run(ctx)
	}
}

// params are what methods are tried with where the generated example would not
// get past the authorization into the handler, or would do something.
func (p *permissions) params(method string) json.RawMessage {
	den := fmt.Sprintf(`"node":"den","session":%q`, p.session.ID)
	own := map[string]string{
		nodes.Register.Name:   `{"os":"a machine is what the owner's device must not become"}`,
		terminal.Start.Name:   `{"node":"den","command":["/bin/sh","-c","exit"],"cols":80,"rows":24}`,
		terminal.Input.Name:   `{` + den + `,"data":"x"}`,
		terminal.Resize.Name:  `{` + den + `,"cols":80,"rows":24}`,
		terminal.Kill.Name:    `{"node":"den","session":"gone"}`,
		terminal.List.Name:    `{"node":"den"}`,
		terminal.Control.Name: `{` + den + `,"mode":"open"}`,
		terminal.Update.Name:  `{` + den + `,"group":"Tests"}`,

		terminal.Multiplexers.Name: `{"node":"den"}`,
		"audit.list":               `{}`,
		"terminal.profile.create":  `{"name":"one's own"}`,
		"terminal.profile.update":  `{"id":"gone","profile":{"name":"one's own"}}`,

		terminal.Record.Name:          `{` + den + `}`,
		terminal.RecordStop.Name:      `{` + den + `}`,
		terminal.RecordingList.Name:   `{"node":"den"}`,
		terminal.RecordingDelete.Name: `{"node":"den","recording":"gone-20260102T030405Z"}`,
		terminal.ListFiles.Name:       `{` + den + `,"dir":"/"}`,
	}
	maps.Copy(own, p.jobParams())
	if text, ok := own[method]; ok {
		return json.RawMessage(strings.Replace(text, "a machine is", "a "+strings.Repeat("very ", 40)+"good machine is", 1))
	}
	return seed(p.t, method)
}

// seed returns a method's generated example params.
func seed(t testing.TB, method string) json.RawMessage {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "fuzz", "FuzzCall", method))
	if err != nil {
		t.Fatalf("%v; make gen writes one for each method", err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	quoted := strings.TrimSuffix(strings.TrimPrefix(lines[len(lines)-1], "[]byte("), ")")
	params, err := strconv.Unquote(quoted)
	if err != nil {
		t.Fatalf("the seed of %s: %v", method, err)
	}
	return json.RawMessage(params)
}

// offered is everything that the gateway offers.
func offered(t testing.TB) *rpc.Registry {
	t.Helper()
	r, err := rpc.NewRegistry(rpc.Options{}, gateway.API()...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// methods tries each method, and each stream in both its ways.
func (p *permissions) methods() {
	var streams []*rpc.Method
	for _, m := range offered(p.t).Methods() {
		if m.Streaming {
			streams = append(streams, m)
			continue
		}
		for _, c := range p.callers {
			p.set("method "+m.Name, c, cell(c.call(p.t.Context(), m.Name, p.params(m.Name))))
		}
	}
	for _, m := range streams {
		if m.Name == terminal.RecordingRead.Name {
			for _, c := range p.callers {
				p.set("stream "+m.Name, c, p.read(c))
			}
			continue
		}
		if try := p.fileStreams()[m.Name]; try != nil {
			for _, c := range p.callers {
				p.set("stream "+m.Name, c, try(c))
			}
			continue
		}
		if m.Name == jobs.Tail.Name {
			p.tails()
			continue
		}
		if m.Name != terminal.Attach.Name {
			p.t.Fatalf("say here how the stream %s is tried", m.Name)
		}
		for _, watch := range []bool{true, false} {
			row := "stream " + m.Name + map[bool]string{true: " (watch)", false: " (type)"}[watch]
			for _, c := range p.callers {
				p.set(row, c, p.attach(c, watch))
			}
		}
	}
}

// attach opens the session's stream and wants its first words.
func (p *permissions) attach(c *caller, watch bool) string {
	params := terminal.AttachParams{Node: "den", Session: p.session.ID, Watch: watch}
	if c.conn == nil {
		raw, _ := json.Marshal(params) // always encodes
		return cell(c.call(p.t.Context(), terminal.Attach.Name, raw))
	}
	_, s, err := rpc.Open(p.t.Context(), c.conn, terminal.Attach, params)
	if err != nil {
		return cell(err)
	}
	defer s.Close(nil)
	readUntil(p.t, s, "hello")
	return "yes"
}

// read opens the recording of the session's screen and wants its first line.
func (p *permissions) read(c *caller) string {
	params := terminal.RecordingReadParams{Node: "den", Recording: p.recording}
	if p.recording == "" {
		list, err := rpc.Invoke(p.t.Context(), p.owner.conn, terminal.RecordingList, terminal.RecordingListParams{Node: "den"})
		if err != nil || len(list.Recordings) == 0 {
			p.t.Fatalf("the recordings are %+v, %v", list, err)
		}
		params.Recording = list.Recordings[0].ID
	}
	if c.conn == nil {
		raw, _ := json.Marshal(params) // always encodes
		return cell(c.call(p.t.Context(), terminal.RecordingRead.Name, raw))
	}
	_, s, err := rpc.Open(p.t.Context(), c.conn, terminal.RecordingRead, params)
	if err != nil {
		return cell(err)
	}
	defer s.Close(nil)
	readUntil(p.t, s, `"version":3`)
	return "yes"
}

// topics subscribes everybody to each topic, lets something happen, and then
// has it replayed.
func (p *permissions) topics() {
	var replays []func()
	for _, topic := range offered(p.t).Topics() {
		happen := p.happenings()[topic.Name]
		if happen == nil {
			p.t.Fatalf("say here how an event of %s comes about", topic.Name)
		}
		listeners := map[*caller]<-chan wire.Event{}
		for _, c := range p.callers {
			ch, err := p.listen(c, topic.Name)
			if err == nil {
				listeners[c] = ch
			}
			p.set("event "+topic.Name+" (live)", c, cell(err))
		}
		happen()
		var last uint64
		if private[topic.Name] {
			listeners = map[*caller]<-chan wire.Event{p.owner: listeners[p.owner]}
		}
		for _, c := range slices.SortedFunc(maps.Keys(listeners), func(a, b *caller) int { return strings.Compare(a.kind, b.kind) }) {
			last = next(p.t, topic.Name+" for "+c.kind, listeners[c]).Seq
		}
		replays = append(replays, func() {
			for _, c := range p.callers {
				p.set("event "+topic.Name+" (replayed)", c, cell(p.replay(c, topic.Name, last, listeners[c])))
			}
		})
	}
	for _, replay := range replays {
		replay()
	}
}

// private are the topics whose events only the person gets whom they are about:
// others may listen and hear nothing.
var private = map[string]bool{"stepup.changed": true, "notifications.changed": true}

func (p *permissions) listen(c *caller, topic string) (<-chan wire.Event, error) {
	if c.conn != nil {
		return listen(p.t, c.conn, topic)
	}
	return nil, c.call(p.t.Context(), "rpc.subscribe", json.RawMessage(fmt.Sprintf(`{"topics":[{"topic":%q}]}`, topic)))
}

// replay asks for the event seq as a client that comes back does, and waits
// until it has come again.
func (p *permissions) replay(c *caller, topic string, seq uint64, ch <-chan wire.Event) error {
	hello, err := p.owner.conn.Hello(p.t.Context(), wire.ClientInfo{Kind: "cli"})
	if err != nil {
		return err
	}
	params := json.RawMessage(fmt.Sprintf(`{"topics":[{"topic":%q,"epoch":%q,"after":%d}]}`, topic, hello.Server.Epoch, seq-1))
	for empty := false; !empty; { // what came live meanwhile
		select {
		case <-ch:
		default:
			empty = true
		}
	}
	if err := c.call(p.t.Context(), "rpc.subscribe", params); err != nil {
		return err
	}
	if ch == nil {
		return nil
	}
	for {
		e := next(p.t, topic+" replayed for "+c.kind, ch)
		if e.Reset {
			return fmt.Errorf("event %d of %s is lost already", seq, topic)
		}
		if e.Seq == seq {
			return nil
		}
	}
}

// happenings is what makes events come about.
func (p *permissions) happenings() map[string]func() {
	return map[string]func(){
		jobs.Changed.Name:    func() { p.define("bell", "button = true\ndescription = \"again\"\n") },
		jobs.RunChanged.Name: func() { p.start("bell", jobs.Press) },
		"presence.changed":   func() { p.must(p.nas.Call(p.t.Context(), "presence.heartbeat", seed(p.t, "presence.heartbeat"), nil)) },
		"stepup.changed": func() {
			p.must(p.owner.conn.Call(p.t.Context(), "stepup.device.update", json.RawMessage(`{"shared":false}`), nil))
		},
		"notifications.changed": func() {
			p.must(p.owner.conn.Call(p.t.Context(), "notifications.read", json.RawMessage(`{"all":true}`), nil))
		},
		"pairing.changed": func() { p.Register(p.nas, homietest.Offer("terminal", "voice")) },
		// Of their own things others see nothing, so that it takes a shared one.
		"terminal.profile.changed": func() {
			p.must(p.owner.conn.Call(p.t.Context(), "terminal.profile.create", json.RawMessage(`{"name":"shared","shared":true}`), nil))
		},
		"terminal.snippet.changed": func() {
			p.must(p.owner.conn.Call(p.t.Context(), "terminal.snippet.create", json.RawMessage(`{"name":"shared","text":"x","shared":true}`), nil))
		},
		"terminal.session.changed": func() {
			p.must(p.owner.conn.Call(p.t.Context(), terminal.Start.Name, p.params(terminal.Start.Name), nil))
		},
	}
}

func (p *permissions) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// routes tries what is reached by HTTP: as a browser does, and as a program.
func (p *permissions) routes() {
	page := http.Header{"Sec-Fetch-Site": {"none"}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"}}
	asset := http.Header{"Sec-Fetch-Site": {"same-origin"}, "Sec-Fetch-Mode": {"no-cors"}, "Sec-Fetch-Dest": {"image"}}
	for _, c := range p.callers {
		p.set("http GET /", c, p.get(c, "/", page))
		p.set("http GET /icon.svg", c, p.get(c, "/icon.svg", asset))
		file := wire.FilesPath + "den/" + string(p.session.ID) + "?path=" + p.file
		p.set("http GET /files/", c, p.get(c, file, page))
		p.set("http GET /healthz", c, p.get(c, "/healthz", nil))
		m, err := post(p.t.Context(), c.http, c.base, "identity.whoami", nil)
		p.must(err)
		if m.Error != nil {
			err = m.Error
		}
		p.set("http POST /rpc", c, cell(err))
		p.set("http GET /rpc, upgraded", c, cell(c.dial()))
	}
}

// get fetches a path. Whether the web app is built does not matter: what counts
// is that the front door let the request through.
func (p *permissions) get(c *caller, path string, header http.Header) string {
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, c.base+path, nil)
	p.must(err)
	req.Header = header
	resp, err := c.http.Do(req)
	p.must(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	p.must(err)
	switch {
	case c.kind == "local" && resp.StatusCode == http.StatusNotFound:
		return "-"
	case strings.Contains(string(body), `"jsonrpc"`): // the door's refusal of a program
		return "no:door"
	case resp.StatusCode == http.StatusForbidden:
		return "no"
	}
	return "yes"
}

// The matrix has a cell for each kind of caller in each row, and rate limits
// have nothing to do with it.
func TestPermissionsAreComplete(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "permissions.golden"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range offered(t).Methods() {
		if !strings.Contains(string(text), m.Name) {
			t.Errorf("the method %s is not in the matrix", m.Name)
		}
	}
	for _, m := range offered(t).Topics() {
		for _, how := range []string{" (live)", " (replayed)"} {
			if !strings.Contains(string(text), m.Name+how) {
				t.Errorf("the topic %s%s is not in the matrix", m.Name, how)
			}
		}
	}
	for _, no := range []string{string(wire.RateLimited), string(wire.Internal), string(wire.HelloRequired)} {
		if strings.Contains(string(text), no) {
			t.Errorf("a cell says %s, which is about no right", no)
		}
	}
}
