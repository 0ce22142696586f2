// Command tlogcheck checks what the ledger and the exchange write, with the transparency log of the Go project
// (golang.org/x/mod/sumdb) and nothing of ours: it knows the formats only from their specifications.
//
//	tlogcheck log DIR            the log in DIR: key, checkpoint, tile/..., old-checkpoint, add-checkpoint
//	tlogcheck proof KEY PROOF ENTRY   a C2SP tlog-proof of the entry in a file
//	tlogcheck cosigned KEY COSIGNER CHECKPOINT  a checkpoint that a witness cosigned (C2SP tlog-cosignature, Ed25519)
//	tlogcheck receipt ANCHOR RECEIPT  a receipt of the exchange, with the key of the centre
//
// It says "holds: ..." and ends with 0, or says what does not hold and ends with 1.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	said, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "does not hold:", err)
		os.Exit(1)
	}
	fmt.Println("holds:", said)
}

func run(arguments []string) (string, error) {
	switch {
	case len(arguments) == 2 && arguments[0] == "log":
		return checkLog(arguments[1])
	case len(arguments) == 4 && arguments[0] == "proof":
		return checkProofFile(arguments[1], arguments[2], arguments[3])
	case len(arguments) == 4 && arguments[0] == "cosigned":
		return checkCosigned(arguments[1], arguments[2], arguments[3])
	case len(arguments) == 3 && arguments[0] == "receipt":
		return checkReceipt(arguments[1], arguments[2])
	}
	return "", errors.New("usage: tlogcheck log DIR | proof KEY PROOF ENTRY | cosigned KEY COSIGNER CHECKPOINT | receipt ANCHOR RECEIPT")
}

// openCheckpoint returns what a checkpoint says, if the key has signed it and is named like its origin.
func openCheckpoint(text []byte, key string) (tlog.Tree, error) {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("%q is no checkpoint of %s", opened.Text, verifier.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// tiles reads the tiles of a directory laid out as C2SP tlog-tiles serves them.
type tiles struct{ dir string }

func (tiles) Height() int { return 8 }

func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range wanted {
		// Go writes the height into the path; C2SP has only one height and leaves it out.
		path := "tile/" + strings.TrimPrefix(tile.Path(), "tile/8/")
		content, err := os.ReadFile(filepath.Join(t.dir, path))
		if err != nil {
			return nil, err
		}
		all = append(all, content)
	}
	return all, nil
}

// checkLog checks every entry against the root that the log signed, through the tiles, and that the log has grown
// from its older checkpoint.
func checkLog(dir string) (string, error) {
	read := func(name string) []byte {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			fmt.Fprintln(os.Stderr, "does not hold:", err)
			os.Exit(1)
		}
		return content
	}
	key := strings.TrimSpace(string(read("key")))
	tree, err := openCheckpoint(read("checkpoint"), key)
	if err != nil {
		return "", fmt.Errorf("checkpoint: %w", err)
	}
	// Reads tiles, and believes no hash that does not lead to the root.
	hashes := tlog.TileHashReader(tree, tiles{dir})
	if err := checkEntries(dir, tree, hashes); err != nil {
		return "", err
	}
	old, err := openCheckpoint(read("old-checkpoint"), key)
	if err != nil {
		return "", fmt.Errorf("old checkpoint: %w", err)
	}
	if err := checkConsistency(read("add-checkpoint"), key, old, tree, hashes); err != nil {
		return "", fmt.Errorf("consistency: %w", err)
	}
	return fmt.Sprintf("%d entries, grown from %d", tree.N, old.N), nil
}

func checkEntries(dir string, tree tlog.Tree, hashes tlog.HashReader) error {
	var bundle []byte
	for index := int64(0); index < tree.N; index++ {
		if index%256 == 0 {
			tile := tlog.Tile{H: 8, L: 0, N: index / 256, W: 256}
			if tree.N-index < 256 {
				tile.W = int(tree.N - index)
			}
			path := strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)
			content, err := os.ReadFile(filepath.Join(dir, path))
			if err != nil {
				return err
			}
			bundle = content
		}
		if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
			return fmt.Errorf("the bundle of entry %d is cut off", index)
		}
		end := 2 + int(binary.BigEndian.Uint16(bundle))
		leaf := tlog.RecordHash(bundle[2:end])
		bundle = bundle[end:]
		signed, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
		if err != nil {
			return err
		}
		if signed[0] != leaf {
			return fmt.Errorf("entry %d is not the one the log signed", index)
		}
	}
	return nil
}

// checkConsistency checks a request to a witness: the old size, the proof, the new checkpoint.
func checkConsistency(request []byte, key string, old, tree tlog.Tree, hashes tlog.HashReader) error {
	head, checkpoint, found := bytes.Cut(request, []byte("\n\n"))
	if !found {
		return errors.New("no empty line before the checkpoint")
	}
	lines := strings.Split(string(head), "\n")
	if lines[0] != fmt.Sprintf("old %d", old.N) {
		return fmt.Errorf("%q does not name the old size %d", lines[0], old.N)
	}
	var proof tlog.TreeProof
	for _, line := range lines[1:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return err
		}
		proof = append(proof, hash)
	}
	submitted, err := openCheckpoint(checkpoint, key)
	if err != nil {
		return err
	}
	if submitted != tree {
		return errors.New("the checkpoint submitted is not the one served")
	}
	if err := tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash); err != nil {
		return err
	}
	own, err := tlog.ProveTree(tree.N, old.N, hashes)
	if err != nil {
		return err
	}
	if fmt.Sprint(own) != fmt.Sprint(proof) {
		return errors.New("the proof is not the one that follows from the tiles")
	}
	return nil
}

func checkProofFile(key, proofFile, entryFile string) (string, error) {
	text, err := os.ReadFile(proofFile)
	if err != nil {
		return "", err
	}
	entry, err := os.ReadFile(entryFile)
	if err != nil {
		return "", err
	}
	return checkProof(key, text, entry)
}

// checkProof checks a C2SP tlog-proof.
func checkProof(key string, text, entry []byte) (string, error) {
	head, checkpoint, found := bytes.Cut(text, []byte("\n\n"))
	if !found {
		return "", errors.New("no empty line before the checkpoint")
	}
	lines := strings.Split(string(head), "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" {
		return "", fmt.Errorf("%q begins no proof", lines[0])
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:]
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") {
		return "", errors.New("no index")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "index "), 10, 64)
	if err != nil {
		return "", err
	}
	var proof tlog.RecordProof
	for _, line := range lines[1:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return "", err
		}
		proof = append(proof, hash)
	}
	tree, err := openCheckpoint(checkpoint, key)
	if err != nil {
		return "", err
	}
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
		return "", err
	}
	return fmt.Sprintf("entry %d of %d", index, tree.N), nil
}

// cosigner verifies timestamped cosignatures, which the Go project's notes have no verifier for.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newCosigner(text string) (cosigner, error) {
	parts := strings.SplitN(text, "+", 3)
	if len(parts) != 3 {
		return cosigner{}, errors.New("a key is name+hash+key")
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != 4 {
		return cosigner{}, fmt.Errorf("%q is no key for cosignatures: %v", parts[2], err)
	}
	id := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	if hex.EncodeToString(id[:4]) != parts[1] {
		return cosigner{}, errors.New("the key has another hash")
	}
	return cosigner{parts[0], binary.BigEndian.Uint32(id[:]), key[1:]}, nil
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }

func (c cosigner) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	time := binary.BigEndian.Uint64(signature)
	return ed25519.Verify(c.key, []byte(fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, text)), signature[8:])
}

func checkCosigned(key, cosignerKey, file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	tree, err := openCheckpoint(text, key)
	if err != nil {
		return "", err
	}
	witness, err := newCosigner(cosignerKey)
	if err != nil {
		return "", err
	}
	// The Go project reads only the first signature of each key.
	if _, err := note.Open(text, note.VerifierList(witness)); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d entries, cosigned by %s", tree.N, witness.name), nil
}

type receipt struct {
	Form    string
	Message string
	Request evidence
	Answer  *evidence
}

type evidence struct {
	Node, Statement, Head, Salt, Entry, Proof string
	BodySHA256                                *string `json:"body_sha256"`
}

// checkReceipt checks what a receipt says of the request and of the answer.
func checkReceipt(anchor, file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	var whole receipt
	if err := json.Unmarshal(text, &whole); err != nil {
		return "", err
	}
	if whole.Form != "lienthong-receipt/v1" {
		return "", fmt.Errorf("%q is another form", whole.Form)
	}
	request, err := whole.Request.check("request-sent", whole.Message, anchor)
	if err != nil || whole.Answer == nil {
		return "the request alone", err
	}
	if _, err := whole.Answer.check("answer-sent", whole.Message, anchor); err != nil {
		return "", err
	}
	names := "\r\nx-road-request-hash:" + base64.StdEncoding.EncodeToString(request) + "\r\n"
	if !strings.Contains(whole.Answer.Head, names) {
		return "", errors.New("the answer belongs to another request")
	}
	return "request and answer", nil
}

// check returns the message's hash, if the centre vouches for the log and the log holds the message.
func (e evidence) check(event, message, anchor string) ([]byte, error) {
	centre, err := note.NewVerifier(anchor)
	if err != nil {
		return nil, err
	}
	statement, err := note.Open([]byte(e.Statement), note.VerifierList(centre))
	if err != nil {
		return nil, err
	}
	lines := strings.Split(statement.Text, "\n")
	if len(lines) != 4 || lines[0] != "lienthong-node/v1" || lines[1] != e.Node {
		return nil, fmt.Errorf("%q says nothing of %s", statement.Text, e.Node)
	}
	head := sha256.Sum256([]byte(e.Head))
	hashed := head[:]
	if e.BodySHA256 != nil {
		body, err := base64.StdEncoding.DecodeString(*e.BodySHA256)
		if err != nil {
			return nil, err
		}
		hashed = append(hashed, body...)
	}
	hash := sha256.Sum256(hashed)
	salt, err := base64.StdEncoding.DecodeString(e.Salt)
	if err != nil {
		return nil, err
	}
	// A commitment is SHA-256 of the salt, the length of what is committed to as eight bytes, and that.
	committed := binary.BigEndian.AppendUint64(salt, uint64(len(hash)))
	digest := sha256.Sum256(append(committed, hash[:]...))
	entry := fmt.Sprintf("lienthong-message/v1 %s %s %s", event, message,
		base64.StdEncoding.EncodeToString(digest[:]))
	if entry != e.Entry {
		return nil, fmt.Errorf("the entry %q does not stand for the message", e.Entry)
	}
	_, err = checkProof(lines[2], []byte(e.Proof), []byte(entry))
	return hash[:], err
}
