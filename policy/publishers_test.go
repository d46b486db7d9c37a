package policy_test

import (
	"strings"
	"testing"

	"github.com/image-updater/image-updater/policy"
)

// How publishers write their tags, and what a tag may be followed by with no configuration at all. What is in to is
// allowed, what is in not is refused, whatever else there is.
var publishers = []struct {
	style, from, to, not string
}{
	{style: "plain", from: "4.8.1", to: "4.8.2 5.0.0 4.8.1.1", not: "4.8.0 4.9 5 latest 5.0.0-standalone v5.0.0"},
	{style: "floating", from: "2.10", to: "2.11 3.0", not: "2.10.1 3 3.0.0 2.11-alpine 2.11-rc"},
	{style: "floating major", from: "4", to: "5", not: "4.9 5.0.0 5-alpine 20231109"},
	{style: "a v in front", from: "v2.10.5", to: "v2.11.0 v3.0.0", not: "2.11.0 v2.11 v3.0.0-beta3 v3.0.0-windowsservercore-ltsc2022 livarot"},
	{style: "a v in front and floating", from: "v2.10", to: "v2.11", not: "v2.11.1 v3 2.11"},
	{style: "Windows", from: "7.0.4-nanoserver-1809", to: "7.0.5-nanoserver-1809", not: "7.0.5-nanoserver-ltsc2022 7.0.5 7.0.5-windowsservercore-1809 7.0.5-rc0-nanoserver-1809 7.0-nanoserver-1809"},
	{style: "Windows behind a pre-release", from: "v3.0.0-beta3-windowsservercore-ltsc2022", to: "v3.0.0-beta4-windowsservercore-ltsc2022 v3.0.0-windowsservercore-ltsc2022 v3.0.1-windowsservercore-ltsc2022",
		not: "v3.0.0-beta4-windowsservercore-1809 v3.0.0 v3.0.0-beta4 v3.1.0-rc1-windowsservercore-ltsc2022"},
	{style: "Windows alone", from: "windowsservercore-1809", to: "", not: "nanoserver-1809 windowsservercore-ltsc2022 7.0.5-windowsservercore-1809"},
	{style: "distribution with a number", from: "1.26-rc-alpine3.18", to: "1.26-alpine3.18 1.27-alpine3.18", not: "1.26-rc-alpine3.19 1.26-rc 1.27-rc-alpine3.18 1.26.0-alpine3.18"},
	{style: "distribution by name", from: "5.38.0-slim-threaded-bookworm", to: "5.38.2-slim-threaded-bookworm", not: "5.38.2-slim-bookworm 5.38.2-threaded-bookworm 5.38.2-slim-threaded-bullseye 5.38-slim-threaded-bookworm"},
	{style: "distribution in front", from: "bookworm-20231120-slim", to: "bookworm-20231218-slim", not: "bullseye-20231218-slim bookworm-20231218 bookworm-slim 12.4-slim bookworm-backports 20231218"},
	{style: "distribution and date", from: "jammy-20231004", to: "jammy-20231128", not: "mantic-20231128 noble-20240102 22.04 jammy"},
	{style: "prefix, date and numbers", from: "base-20231112.0.191179", to: "base-20231119.0.193094", not: "base-devel-20231119.0.193094 base base-20231105.0.190015"},
	{style: "year, quarter, date and build", from: "2023.2.20231113.0", to: "2023.3.20231218.0", not: "2.0.20231218.0 2023 2023.3.20231218.0-with-sources 2023.2.20231030.0"},
	{style: "release and date", from: "5.0-20231111", to: "5.0-20231209", not: "4.0-20231209 5.0 latest"},
	{style: "version and date of build", from: "16.0-20231106", to: "16.0-20231218 17.0-20231218", not: "16.0 16 17.0 16.0-20231030"},
	{style: "version with the date as a number", from: "9.3.20231119-minimal", to: "9.4.20240523-minimal", not: "9.4.20240523 9.3-minimal 9-minimal 9.3.20231119-ubi"},
	{style: "C libraries", from: "1.36.1-glibc", to: "1.37.0-glibc", not: "1.37.0-musl 1.37.0 1.37-glibc 1.37.0-uclibc"},
	// Runtimes that an image was built with.
	{style: "Java glued", from: "7.6.1-jdk17-alpine", to: "7.6.2-jdk17-alpine 8.5.0-jdk17-alpine", not: "7.6.2-jdk21-alpine 7.6.2-jdk17 7.6-jdk17-alpine 8.5-jdk17-alpine jdk17-alpine"},
	{style: "Java glued, floating", from: "8.5-jdk17", to: "8.6-jdk17", not: "8.5.0-jdk17 8.6-jdk21 8.6-jdk17-jammy 8-jdk17"},
	{style: "Java by its publisher", from: "3.9-eclipse-temurin-17-alpine", to: "3.10-eclipse-temurin-17-alpine", not: "3.10-eclipse-temurin-21-alpine 3.10-eclipse-temurin-17 3.10-amazoncorretto-17-alpine 3.9.6-eclipse-temurin-17-alpine eclipse-temurin-17-alpine"},
	{style: "Java on a distribution", from: "3.8.6-amazoncorretto-17-debian-bullseye", to: "3.9.0-amazoncorretto-17-debian-bullseye", not: "3.9.0-amazoncorretto-17-debian-bookworm 3.9.0-amazoncorretto-17 3.9.0-amazoncorretto-19-debian-bullseye"},
	{style: "Java behind a dash", from: "3.9.1-jre-17", to: "3.9.2-jre-17", not: "3.9.2-jre-21 3.9.2 3.9-jre-17"},
	{style: "Java and its publisher", from: "10.1.15-jdk17-temurin-jammy", to: "10.1.16-jdk17-temurin-jammy", not: "10.1.16-jdk17-corretto-al2 10.1.16-jdk21-temurin-jammy 10.1.16-jdk17 10.1-jdk17-temurin-jammy 11.0.0-M15-jdk17-temurin-jammy"},
	{style: "milestones", from: "10.1.0-M20-jdk11", to: "10.1.0-jdk11 10.1.1-jdk11 10.1.0-M21-jdk11", not: "11.0.0-M1-jdk11 10.1.0-M21-jdk17 10.1.0-M19-jdk11 10.1-jdk11"},
	{style: "milestones behind a dot", from: "9.3.0.M1-jre8", to: "9.3.0.M2-jre8 9.3.0.RC1-jre8 9.3.0-jre8 9.3.1-jre8", not: "9.3.0-jdk8 9.4.0.M0-jre8"},
	{style: "Java in the middle", from: "9.1.1-jre17-plume", to: "9.1.2-jre17-plume 10.0.0-jre17-plume", not: "9.1.2-jre21-plume 9.1.2-jre17-webprofile 9.1.2-jre17"},
	{style: "Java's number in front", from: "17-jre-9.0.0-webprofile", to: "17-jre-9.1.0-webprofile", not: "21-jre-9.1.0-webprofile 17-jre-9.1.0-plume 11-jre-9.1.0-webprofile"},
	{style: "Java editions", from: "23.0.0.11-full-java8-openj9", to: "23.0.0.12-full-java8-openj9 24.0.0.1-full-java8-openj9", not: "23.0.0.12-full-java11-openj9 23.0.0.12-kernel-java8-openj9 full-java8-openj9 23.0.0.12-full-java8-ibmjava"},
	{style: "builds of Java", from: "open-17.0.9_9-jre-jammy", to: "open-17.0.10_7-jre-jammy open-21.0.1_12-jre-jammy", not: "open-17-jre-jammy open-17.0.10_7-jdk-jammy open-17.0.10_7-jre-focal open-17.0.9_8-jre-jammy"},
	{style: "updates of Java 8", from: "8u392-al2-generic-jdk", to: "8u402-al2-generic-jdk", not: "8u402-al2-native-jdk 8-al2-generic-jdk 8u402-al2023-jdk 8u402 8u382-al2-generic-jdk"},
	{style: "updates of Java 8 and builds", from: "8u392-b08-jdk-alpine", to: "8u402-b06-jdk-alpine", not: "8-jdk-alpine 8u402-b06-jre-alpine 11.0.21_9-jdk-alpine 8u292-b10-jdk-alpine"},
	{style: "an early access of Java", from: "23-ea-5-jdk-slim", to: "23-ea-6-jdk-slim 23-jdk-slim", not: "24-ea-1-jdk-slim 23-ea-6-jdk 23-ea-4-jdk-slim"},
	{style: "distribution with its edition", from: "21.0.1-alpine3.18-full", to: "21.0.2-alpine3.18-full", not: "21.0.2-alpine3.19-full 21.0.2-alpine3.18 21.0.2-alpine3.18-jdk 21-alpine3.18-full"},
	{style: "distribution behind Java", from: "21-jdk-headless-ubuntu-22.04", to: "22-jdk-headless-ubuntu-22.04", not: "22-jdk-headless-ubuntu-24.04 21.0.1-jdk-headless-ubuntu-22.04 22-jre-headless-ubuntu-22.04 22-jdk-ubuntu-22.04"},
	{style: "PHP behind", from: "6.4.2-php8.2-fpm-alpine", to: "6.4.3-php8.2-fpm-alpine", not: "6.4.3-php8.3-fpm-alpine 6.4.3-fpm-alpine 6.4.3-php8.2-apache php8.2-fpm-alpine 6.4-php8.2-fpm-alpine beta-6.5-RC1-php8.2-fpm-alpine"},
	{style: "PHP and a distribution", from: "10.1.6-php8.2-fpm-alpine3.18", to: "10.1.7-php8.2-fpm-alpine3.18 10.2.0-php8.2-fpm-alpine3.18", not: "10.2.0-php8.3-fpm-alpine3.18 10.2.0-php8.2-fpm-alpine3.19 10.2.0-rc1-php8.2-fpm-alpine3.18 10.2.0-php8.2-fpm-bookworm"},
	{style: "a part of the product", from: "cli-2.8.1-php8.1", to: "cli-2.9.0-php8.1", not: "cli-2.9.0-php8.2 cli-2.9-php8.1 6.4.3-php8.1 cli-php8.1 2.9.0-php8.1"},
	{style: "a channel of pre-releases", from: "beta-6.4-RC2-php8.2-apache", to: "beta-6.4-RC3-php8.2-apache beta-6.5-beta1-php8.2-apache", not: "6.4.0-php8.2-apache beta-6.4-RC3-php8.1-apache beta-6.4-beta4-php8.2-apache"},
	{style: "scala and Java", from: "1.18.0-scala_2.12-java11", to: "1.18.1-scala_2.12-java11", not: "1.18.1-scala_2.12-java17 1.18.1-java11 1.18.1-scala_2.13-java11 1.18-scala_2.12-java11"},
	{style: "scala, Java, Python and R", from: "3.5.0-scala2.12-java11-python3-r-ubuntu", to: "3.5.1-scala2.12-java11-python3-r-ubuntu", not: "3.5.1-scala2.12-java17-python3-r-ubuntu 3.5.1-scala2.12-java11-python3-ubuntu 3.5.1-scala2.13-java11-python3-r-ubuntu"},
	{style: "OTP", from: "1.15.7-otp-25-slim", to: "1.16.0-otp-25-slim", not: "1.16.0-otp-26-slim 1.16.0-otp-25-alpine 1.16.0-slim 1.15-otp-25-slim 1.16.0-rc.1-otp-25-slim"},
	{style: "five numbers", from: "25.3.2.7-alpine", to: "26.1.2.0-alpine 25.3.2.8-alpine 26.1.3-alpine", not: "26.1-alpine 26.1.2.0 26.1.2.0-slim"},
	{style: "the version behind Java", from: "temurin-21-tools-deps-1.11.1.1429-bookworm-slim", to: "temurin-21-tools-deps-1.11.1.1435-bookworm-slim", not: "temurin-17-tools-deps-1.11.1.1435-bookworm-slim temurin-21-lein-2.10.0-bookworm-slim temurin-21-tools-deps-bookworm-slim temurin-21-tools-deps-1.11.1.1435-jammy"},
	{style: "the version behind Java, again", from: "temurin-17-lein-2.10.0-jammy", to: "temurin-17-lein-2.11.0-jammy", not: "temurin-21-lein-2.11.0-jammy temurin-17-tools-deps-1.11.1.1435-jammy temurin-17-lein-2.11.0 lein-2.11.0-jammy"},
	{style: "one language for another", from: "3.10-7.3.13-slim", to: "3.10-7.3.14-slim", not: "3.9-7.3.14-slim 3.10-slim 3.10-7.3-slim 3.10-7.3.14"},
	{style: "one language for another, floating", from: "3.9-7.3-slim", to: "3.9-7.4-slim", not: "3.10-7.3-slim 3.10-7.4-slim 3.9-7.3.14-slim 3.9-slim 3-slim"},
	{style: "a database and its extension", from: "16-3.4-alpine", to: "16-3.5-alpine", not: "17-3.5-alpine 17-3.4-alpine 16-3.5 16-master"},
	{style: "modules of languages", from: "1.31.0-python3.11", to: "1.31.1-python3.11", not: "1.31.1-python3.12 1.31.1-node20 1.31.1 1.31-python3.11 1.31.1-minimal"},
	{style: "Python glued", from: "5.2.13-python38", to: "5.2.14-python38", not: "5.2.14-python37 5.2.14 5.2-python38 5.2.14-python38-alpine"},
	{style: "CUDA", from: "2.1.0-cuda12.1-cudnn8-runtime", to: "2.1.1-cuda12.1-cudnn8-runtime", not: "2.1.1-cuda11.8-cudnn8-runtime 2.1.1-cuda12.1-cudnn8-devel 2.1.1-cuda12.1-cudnn9-runtime"},
	{style: "database of an application", from: "15.9.1-postgres-tomcat", to: "15.10.0-postgres-tomcat", not: "15.10.0-mysql-tomcat 15.10.0-mariadb-tomcat lts-postgres-tomcat 15.10.0 15-postgres-tomcat"},
	{style: "edition in front", from: "enterprise-7.2.1", to: "enterprise-7.2.2 enterprise-7.6.0", not: "community-7.2.2 7.2.2 enterprise enterprise-7.6.0-beta"},
	{style: "edition and distribution behind", from: "5.12.0-enterprise-ubi8", to: "5.13.0-enterprise-ubi8", not: "5.13.0-enterprise-ubi9 5.13.0-enterprise 5.13.0-community-ubi8 5.13-enterprise-ubi8 5.13.0"},
	{style: "roles", from: "1.8.9-meta-alpine", to: "1.8.10-meta-alpine 1.9.0-meta-alpine", not: "1.8.10-data-alpine 1.8.10-alpine 1.8-meta-alpine 2.0.0-rc-meta-alpine"},
	{style: "management", from: "3.12.8-management-alpine", to: "3.12.9-management-alpine 3.13.0-management-alpine", not: "3.13.0-alpine 3.13.0-rc.1-management-alpine 3.13-management-alpine 3.13.0-management"},
	{style: "pre-releases of a database", from: "17beta3-alpine3.20", to: "17rc1-alpine3.20 17-alpine3.20 17.0-alpine3.20 17.1-alpine3.20", not: "17beta2-alpine3.20 18beta1-alpine3.20 17.0-alpine3.21"},
	{style: "two numbers that are a release", from: "16.1-bookworm", to: "16.2-bookworm 17.0-bookworm", not: "17rc1-bookworm 17-bookworm 16.2 16.2-alpine3.19"},
	{style: "pre-releases glued", from: "3.13.0a3-slim", to: "3.13.0a4-slim 3.13.0b1-slim 3.13.0rc1-slim 3.13.0-slim 3.13.1-slim", not: "3.14.0a1-slim 3.13.0a4 3.13.0a2-slim 3.13-slim 3.13-rc-slim"},
	{style: "development versions that are counted", from: "2.9-dev9-alpine", to: "2.9-dev10-alpine 2.9-alpine 2.9.0-alpine", not: "3.0-dev1-alpine 2.9-dev8-alpine 2.9-dev10 2-alpine"},
	{style: "a development flavour of a month", from: "2023.09-dev-fpm", to: "2023.12-dev-fpm", not: "2023.12-fpm 2023.12-rc-fpm 2023.12-dev-apache"},
	{style: "year and month", from: "2023.05-fpm-alpine", to: "2023.09-fpm-alpine", not: "2023.09-rc-fpm-alpine 2023.09-1-fpm-alpine 2023.09-apache 5.0-fpm-alpine"},
	{style: "release candidate without a number", from: "11.1.1-rc-jammy", to: "11.1.1-jammy 11.1.2-jammy 11.2.2-jammy", not: "11.2.2-rc-jammy 11.1.2 11.1-jammy"},
	{style: "builds that come with a rebuild", from: "6.0.8-2", to: "6.0.8-3 6.0.9-1 6.0.9 7.0.0", not: "6.0.8 6.0.8-1 6.1 6.0.9-alpine 7.0.0-alpine-1"},
	{style: "do not come by themselves", from: "6.0.8", to: "6.0.9", not: "6.0.8-1 6.0.9-1"},
	{style: "builds before the distribution", from: "8.0.34-26.1-centos", to: "8.0.35-27.1-centos 8.0.35-centos 8.0.34-26.2-centos", not: "8.0.34-centos 8.0.35-27.1 8.0-centos 8.0.34-25.1-centos"},
	{style: "builds behind words stay", from: "8u292-jre-buster", to: "8u302-jre-buster", not: "11.0.16-jre-buster 8-jre-buster"},
	{style: "builds of a packager", from: "2.1.3-debian-11-r38", to: "2.1.3-debian-11-r39 2.1.4-debian-11-r0", not: "2.1.4-debian-12-r0 2.1.4 2.1.4-debian-11 2.1.3-debian-11-r4"},
	{style: "builds of a packager behind a word", from: "4.0.9.2244-ls231", to: "4.0.10.2544-ls232 4.0.9.2244-ls232", not: "4.0.10 4.0.10.2544 version-4.0.10.2544 amd64-4.0.10.2544-ls232 4.0.9.2244-ls99 develop-4.0.10.2544-ls7"},
	{style: "an architecture in front", from: "arm64v8-4.0.9.2244-ls231", to: "arm64v8-4.0.10.2544-ls232", not: "amd64-4.0.10.2544-ls232 4.0.10.2544-ls232"},
	{style: "an architecture behind", from: "v1.28.3-arm64", to: "v1.28.4-arm64", not: "v1.28.4-amd64 v1.28.4 v1.28.4-arm v1.28.4-s390x"},
	{style: "builds of an edition", from: "16.6.0-ce.0", to: "16.6.1-ce.0 16.6.0-ce.1", not: "16.6.1-ee.0 16.6.1 16.6.0-rc42.ce.0"},
	{style: "numbers of CI", from: "9.3-1476", to: "9.3-1552 9.4-949", not: "9.4 9 9.3-1361 9.3-1552-source"},
	{style: "numbers and time of CI", from: "9.3-1361.1699548032", to: "9.3-1475 9.4-949.1714662671", not: "9.3 9.3-1361.1699548029"},
	{style: "a flavour and a distribution by name", from: "9.4.7-slim-buster", to: "9.4.8-slim-buster 9.6.3-slim-buster", not: "9.4.8-buster 9.4.8-slim 9.4.8-slim-bullseye 9.4-slim-buster 9-slim-buster"},
	{style: "a platform without a number", from: "5.9.1-jammy-slim", to: "5.9.2-jammy-slim 5.10.0-jammy-slim", not: "5.9.2-jammy 5.9.2-focal-slim 5.9.2-slim 5.9-jammy-slim"},
	{style: "a platform glued", from: "5.9-centos7", to: "5.10-centos7", not: "5.10-centos8 5.9.1-centos7 5.10 5.10-amazonlinux2 5.10-rhel-ubi9"},
	{style: "names only", from: "humble-ros-core-jammy", to: "", not: "iron-ros-core-jammy humble-ros-base-jammy humble"},
	{style: "the platform's number as the version", from: "centos7.8.2003", to: "centos7.9.2009", not: "7.9.2009 centos7 centos8 rocky9.3.0"},
	{style: "a packed date", from: "20230901", to: "20231219", not: "3.19.0 2023 202312191200 edge 20230329"},
	{style: "a letter in front", from: "p10", to: "p11", not: "10 11 sisyphus"},
	{style: "a product behind words", from: "wildfly-26.1.3.Final-jdk17", to: "wildfly-27.0.0.Final-jdk17 wildfly-26.1.3.Final-jdk17", not: "27.0.0.Final-jdk17 wildfly-27.0.0.Final-jdk21 wildfly-27.0.0.Beta1-jdk17"},
	{style: "hash behind", from: "v3.9.0-177-ged5bcde", to: "v3.9.0-178-gabcdef0 v3.10.0-2-g1234567", not: "v3.10.0 v3.9.0 v3.10.0-rc1-2-g1234567"},
	{style: "pseudo-version", from: "v0.0.0-20240101120000-abcdef123456", to: "v0.0.0-20240301120000-1234567890ab", not: "v0.1.0 v0.0.0-20230301120000-abcdef123456"},
	{style: "date-time of a release", from: "RELEASE.2023-11-01T18-37-25Z", to: "RELEASE.2023-11-06T22-26-08Z", not: "RELEASE.2023-11-06T22-26-08Z.fips RELEASE.2023-10-01T00-00-00Z RELEASE.2023-11-06T22-26-08Z-cpuv1 RELEASE.2023-11-06T22-26-08Z.hotfix.1"},
	{style: "cumulative updates", from: "2019-CU14-ubuntu-20.04", to: "2019-CU15-ubuntu-20.04 2022-CU1-ubuntu-20.04", not: "2019-CU15-ubuntu-22.04 2019-latest 2019-CU13-ubuntu-20.04 2022-RTM-ubuntu-20.04 2022-CU1-rhel-9"},
	{style: "a knowledge base article", from: "1809-KB4505658", to: "1809-KB4507469", not: "1809 1809-amd64 ltsc2019-KB4507469"},
	{style: "OpenJ9", from: "8u392-b08-jre-ubi9-minimal", to: "8u402-b06-jre-ubi9-minimal", not: "8u402-b06-jre-ubi8-minimal 8u402-b06-jdk-ubi9-minimal 11.0.21_9-jre-ubi9-minimal"},
	{style: "Kubernetes", from: "v1.28.3-k3s1", to: "v1.28.3-k3s2 v1.28.4-k3s1", not: "v1.28.4 v1.28.4-rc1-k3s1 v1.28.4-k3s1-amd64"},
	{style: "a distribution of Kubernetes", from: "v1.28.3-rke2r1", to: "v1.28.3-rke2r2 v1.28.4-rke2r1", not: "v1.28.4 v1.28.4-rc1-rke2r1"},
	{style: "four numbers", from: "23.8.2.7-alpine", to: "23.8.4.69-alpine 24.1.1.1-alpine", not: "23.8-alpine 23.8.4.69 23.8.4-alpine-amd64"},
	{style: "nightly", from: "nightly-2023-11-20", to: "nightly-2023-11-21", not: "2023-11-21 nightly nightly-slim nightly-2023-11-19 nightly-2023-11-21-slim"},
	{style: "weekly", from: "2.430-jdk17", to: "2.431-jdk17", not: "2.426.1-jdk17 2.431 2.431-jdk21 2.431-slim-jdk17"},
	{style: "previews with a number", from: "8.0.0-preview.7-jammy-chiseled", to: "8.0.0-rc.1-jammy-chiseled 8.0.0-jammy-chiseled", not: "9.0.0-preview.1-jammy-chiseled 8.0.0-jammy 8.0.0-noble-chiseled"},
	{style: "a distribution and an architecture by name", from: "8.0.0-jammy-chiseled-amd64", to: "8.0.1-jammy-chiseled-amd64", not: "8.0.1-jammy-chiseled-arm64v8 8.0.1-jammy-chiseled 8.0.1-jammy-amd64"},
}

func TestPublishers(t *testing.T) {
	t.Parallel()
	p := compile(t, policy.Spec{})
	for _, test := range publishers {
		t.Run(test.style, func(t *testing.T) {
			t.Parallel()
			to := strings.Fields(test.to)
			d := p.Choose(policy.Current{Tag: test.from}, candidatesOf(test.from+" "+test.to+" "+test.not), noon)
			if !d.Usable && len(to) > 0 {
				t.Fatalf("%s is not usable: %s", test.from, d.Unusable)
			}
			wanted := map[string]bool{test.from: true}
			for _, tag := range to {
				wanted[tag] = true
			}
			for _, v := range d.Verdicts {
				allowed := v.Outcome == policy.Chosen || v.Rule == policy.RuleNotBest
				if allowed != wanted[v.Tag] && (d.Usable || allowed) {
					t.Errorf("%s -> %s: %s %s: %s", test.from, v.Tag, v.Outcome, v.Rule, v.Detail())
				}
			}
		})
	}
}
