// Copyright (c) 2026 day2.ops contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Command asynq fills a queue by asynq's own client, works on it by asynq's own server, and pauses it.
//
//	asynq enqueue QUEUE TYPE COUNT [DELAY_SECONDS [MAX_RETRY [UNIQUE_SECONDS [RETENTION_SECONDS]]]]
//	asynq work QUEUE      until SIGTERM; tasks of type "fail" fail, "hold" last until the key "release" exists, and
//	                      "order" fail while the key "broken" says why
//	asynq pause QUEUE
//	asynq unpause QUEUE
//	asynq archive QUEUE   all that is pending
//	asynq run QUEUE       all that is archived; prints the seconds that takes
//
// Payloads are {"number": N} with N from 0 on. Those of "hold" and "order" that are done are in the list "processed".
// The server is named by REDIS_ADDR, REDIS_USER, REDIS_PASSWORD and REDIS_DB. With QUICK=1 what failed is tried again at
// once.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

func server() asynq.RedisClientOpt {
	return asynq.RedisClientOpt{
		Addr:     os.Getenv("REDIS_ADDR"),
		Username: os.Getenv("REDIS_USER"),
		Password: os.Getenv("REDIS_PASSWORD"),
		DB:       number(os.Getenv("REDIS_DB")),
	}
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil {
		fail(fmt.Errorf("not a number: %q", text))
	}
	return value
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// argument returns the argument at position, or what stands in for it.
func argument(position int, missing string) string {
	if len(os.Args) > position {
		return os.Args[position]
	}
	return missing
}

func enqueue(queue string) error {
	client := asynq.NewClient(server())
	defer client.Close()
	options := []asynq.Option{asynq.Queue(queue), asynq.MaxRetry(number(argument(6, "0")))}
	if delay := number(argument(5, "0")); delay > 0 {
		options = append(options, asynq.ProcessIn(time.Duration(delay)*time.Second))
	}
	if unique := number(argument(7, "0")); unique > 0 {
		options = append(options, asynq.Unique(time.Duration(unique)*time.Second))
	}
	if retention := number(argument(8, "0")); retention > 0 {
		options = append(options, asynq.Retention(time.Duration(retention)*time.Second))
	}
	for which := range number(argument(4, "1")) {
		payload := fmt.Appendf(nil, `{"number": %d}`, which)
		if _, err := client.Enqueue(asynq.NewTask(argument(3, "ok"), payload), options...); err != nil {
			return err
		}
	}
	return nil
}

func work(queue string) error {
	watch := server().MakeRedisClient().(redis.UniversalClient)
	done := func(ctx context.Context, task *asynq.Task) error {
		return watch.RPush(ctx, "processed", task.Payload()).Err()
	}
	mux := asynq.NewServeMux()
	mux.HandleFunc("ok", func(context.Context, *asynq.Task) error { return nil })
	mux.HandleFunc("fail", func(context.Context, *asynq.Task) error { return errors.New("made to fail") })
	mux.HandleFunc("hold", func(ctx context.Context, task *asynq.Task) error {
		for watch.Exists(ctx, "release").Val() == 0 {
			time.Sleep(20 * time.Millisecond)
		}
		return done(ctx, task)
	})
	mux.HandleFunc("order", func(ctx context.Context, task *asynq.Task) error {
		if reason := watch.Get(ctx, "broken").Val(); reason != "" {
			return errors.New(reason)
		}
		return done(ctx, task)
	})
	config := asynq.Config{Concurrency: 4, Queues: map[string]int{queue: 1}, LogLevel: asynq.ErrorLevel}
	if os.Getenv("QUICK") != "" {
		config.TaskCheckInterval = 20 * time.Millisecond
		config.DelayedTaskCheckInterval = 20 * time.Millisecond
		config.RetryDelayFunc = func(int, error, *asynq.Task) time.Duration { return 0 }
	}
	return asynq.NewServer(server(), config).Run(mux)
}

func pause(queue string) error   { return asynq.NewInspector(server()).PauseQueue(queue) }
func unpause(queue string) error { return asynq.NewInspector(server()).UnpauseQueue(queue) }

func archive(queue string) error {
	_, err := asynq.NewInspector(server()).ArchiveAllPendingTasks(queue)
	return err
}

func run(queue string) error {
	inspector := asynq.NewInspector(server())
	began := time.Now()
	_, err := inspector.RunAllArchivedTasks(queue)
	fmt.Println(time.Since(began).Seconds())
	return err
}

func main() {
	commands := map[string]func(string) error{
		"enqueue": enqueue, "work": work, "pause": pause, "unpause": unpause, "archive": archive, "run": run,
	}
	command, known := commands[argument(1, "")]
	if !known || len(os.Args) < 3 {
		fail(errors.New("usage: asynq enqueue|work|pause|unpause|archive|run QUEUE ..."))
	}
	if err := command(os.Args[2]); err != nil {
		fail(err)
	}
}
