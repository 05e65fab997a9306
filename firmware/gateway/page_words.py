"""The words of the page beside the gateway, in both languages."""

LANGUAGES = {"en": 0, "zh": 1}
WORDS = {
    "language": ("English", "中文"),
    "gateway": ("Gateway", "物联网网关"),
    "needs": ("Needs somebody", "需要处理"),
    "nothing": ("Nothing needs you just now.", "目前没有需要处理的事项。"),
    "clock": ("Clock", "时钟"),
    "proved": ("proved", "已校准"),
    "unproved": ("not proved", "未校准"),
    "waiting": ("Waiting for the collector", "待发送"),
    "waits": ("{} readings, {} gaps, {} records", "读数 {}、缺口 {}、记录 {}"),
    "oldest": ("oldest {}", "最早 {}"),
    "set_aside": ("Set aside", "搁置"),
    "terminals": ("Terminals and sources", "感知终端与数据源"),
    "here": ("here", "在线"),
    "away": ("not here", "离线"),
    "source": ("asked by the gateway", "由网关采集"),
    "foreign": ("not assigned any more", "已不属于本网关"),
    "heard": ("Last heard", "最近收到"),
    "values": ("Values", "读数"),
    "invalid": ("invalid", "无效"),
    "firmware": ("Firmware, slot", "固件、分区"),
    "signal": ("Signal", "信号"),
    "heap": ("Memory free", "可用内存"),
    "depth": ("Keeps itself", "终端待发"),
    "refuses": ("Refused by it", "终端拒绝"),
    "commands": ("Commands open", "未完成指令"),
    "own_waiting": ("Wait here", "网关待发"),
    "refused": ("Refused, thinned, given up", "拒绝、精简、放弃"),
    "none": ("none", "无"),
    "unnamed": ("no name", "无名称"),
    "figures": ("Figures for Prometheus", "Prometheus 指标"),
    "utc": ("Times are UTC", "时间为 UTC"),
}
NEEDS = {  # of sight.needs: {who} and {n} stand for whom it is about and how much
    "not_running": ("{who} does not run: start it", "{who} 未运行：请启动"),
    "collector_silent": (
        "For {who:.0f} minutes the collector takes nothing, {n} readings wait: look at the network and the collector",
        "监测管理平台 {who:.0f} 分钟未接收，{n} 条读数等待：请检查网络与平台",
    ),
    "clock_unproved": (
        "Nobody vouches for the clock: give this machine an NTP server, or wait for the collector",
        "时钟未校准：请设置 NTP 服务器，或等待监测管理平台",
    ),
    "set_aside": (
        "The collector will not have {n} things: they are kept; update the older side",
        "监测管理平台拒收 {n} 项，已保留：请升级较旧的一方",
    ),
    "kept_out": (
        "{who} floods and is kept out for {n} s: look at what it sends",
        "{who} 发送过多，{n} 秒内被阻止：请检查",
    ),
    "lost": (
        "The outbox was full: {n} readings of {who} were given up",
        "待发队列已满：放弃了 {who} 的 {n} 条读数",
    ),
    "damaged": (
        "The outbox file was damaged, the disk may be failing: {n} readings of {who} are lost",
        "待发队列文件损坏，存储可能有故障：丢失 {who} 的 {n} 条读数",
    ),
    "never_heard": ("{who} was never heard: is it powered, is it provisioned?", "从未收到 {who}：请检查供电与配置"),
    "silent": (
        "{who} is silent for {n} minutes: look at its power and its link",
        "{who} 已静默 {n} 分钟：请检查供电与网络",
    ),
    "heap_low": ("{who} has only {n} bytes of memory free: restart it", "{who} 可用内存仅 {n} 字节：请重启"),
    "signal_low": (
        "{who} hears its Wi-Fi at {n} dBm only: move it or the access point",
        "{who} 信号仅 {n} dBm：请调整位置",
    ),
    "invalid": ("{who}: measured and bad: look at the sensor", "{who}：测量无效：请检查传感器"),
    "attack": ("{who}, {n} times: look for an impostor or a wrong key", "{who}，{n} 次：请检查是否有冒充者或密钥错误"),
    "plain": ("{who} speaks without encryption: an open finding", "{who} 未加密通信：待整改项"),
}
