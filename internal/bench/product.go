package main

import (
	"context"
	"os"
	"time"
)

// benchProduct tells what the product weighs and how long its demo and its tests take.
func benchProduct(ctx context.Context, b bench) ([]figure, error) {
	info, err := os.Stat(b.binary)
	if err != nil {
		return nil, err
	}
	demo, _, err := command{dir: b.scratch, args: []string{b.binary, "demo"}}.run(ctx)
	if err != nil {
		return nil, err
	}
	tests, _, err := command{args: []string{"go", "test", "-count=1", "./..."}}.run(ctx)
	if err != nil {
		return nil, err
	}
	return []figure{
		{name: "binary", ours: megabytes(info.Size()), promise: "under 20 MB", broken: info.Size() >= 20e6},
		{name: "demo", ours: demo.String(), promise: "under 10 s", broken: demo.Wall >= 10*time.Second},
		{name: "go test ./...", ours: tests.String(), promise: "under 2 min", broken: tests.Wall >= 2*time.Minute},
	}, nil
}
