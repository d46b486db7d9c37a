package schedule_test

import (
	"fmt"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/schedule"
)

func ExampleMake() {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	repositories := []schedule.Repository{
		{Image: image.Repository{Host: "docker.io", Path: "library/nginx"}, Interval: time.Hour, Looked: now.Add(-time.Minute)},
		{Image: image.Repository{Host: "docker.io", Path: "library/redis"}, Interval: time.Hour, Looked: now.Add(-90 * time.Minute)},
		{Image: image.Repository{Host: "docker.io", Path: "library/mysql"}, Interval: time.Hour, Looked: now.Add(-20 * time.Minute), Pushed: now},
		{Image: image.Repository{Host: "docker.io", Path: "acme/api"}, Interval: time.Hour},
	}
	plan := schedule.Make(schedule.Registry{Host: "docker.io", PerSecond: 2}, repositories, now, now.Add(time.Minute))
	for _, look := range plan.Looks {
		fmt.Println(look.At.Format("15:04:05.0"), repositories[look.Index].Image.Familiar())
	}
	// Output:
	// 12:00:00.0 mysql
	// 12:00:00.5 redis
	// 12:00:01.0 acme/api
}
