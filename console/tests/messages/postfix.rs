//! Debian's postfix in a folder and on ports of its own: real mailboxes, real refusals. It needs root (its parts drop
//! their rights themselves), or a sudo that asks nothing.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A machine under load needs patience.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Postfix {
    folder: tempfile::TempDir,
    /// STARTTLS offered
    pub port: u16,
    /// no TLS at all
    pub plain: u16,
    /// TLS from the first byte
    pub tls: u16,
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Runs a command as root.
fn root(command: &[&str]) -> String {
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let mut full: Vec<&str> = if is_root { Vec::new() } else { vec!["sudo", "-n"] };
    full.extend(command);
    let done = Command::new(full[0]).args(&full[1..]).stdin(Stdio::null()).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{full:?} (needs root, or sudo without a password): {said}");
    said
}

fn openssl(folder: &Path, command: &str) {
    let done = Command::new("openssl").args(command.split(' ')).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "openssl {command}: {}", String::from_utf8_lossy(&done.stderr));
}

impl Postfix {
    pub fn start() -> Self {
        // Its parts run as other users and have to reach their folder.
        let folder = tempfile::Builder::new().prefix("hearth-postfix-").tempdir().unwrap();
        let this = Self { port: free_port(), plain: free_port(), tls: free_port(), folder };
        root(&["chmod", "755", this.path("").to_str().unwrap()]);
        this.write_certificates();
        this.write_configuration();
        for name in ["queue", "data", "mail"] {
            std::fs::create_dir(this.path(name)).unwrap();
        }
        root(&["chown", "postfix", this.path("data").to_str().unwrap(), this.path("mail").to_str().unwrap()]);
        root(&["chown", "root", this.path("queue").to_str().unwrap()]);
        this.postfix("start");
        this.wait_for(|| TcpStream::connect(("127.0.0.1", this.port)).is_ok(), "the port accepts");
        this
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The authority that signed its certificate.
    pub fn ca(&self) -> PathBuf {
        self.path("ca.pem")
    }

    fn postfix(&self, command: &str) {
        root(&["/usr/sbin/postfix", "-c", self.folder.path().to_str().unwrap(), command]);
    }

    fn write_certificates(&self) {
        let folder = self.folder.path();
        openssl(
            folder,
            "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=test-authority",
        );
        openssl(folder, "req -newkey rsa:2048 -nodes -keyout key.pem -out leaf.csr -subj /CN=localhost");
        std::fs::write(self.path("leaf.ext"), "subjectAltName=DNS:localhost\n").unwrap();
        openssl(
            folder,
            "x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile leaf.ext -out cert.pem",
        );
    }

    fn write_configuration(&self) {
        let folder = self.folder.path().display();
        // ada and ben have mailboxes, grey has to come again, anybody else is unknown.
        let main = format!(
            "compatibility_level = 3.6\nqueue_directory = {folder}/queue\ndata_directory = {folder}/data\n\
             maillog_file = {folder}/mail.log\nmaillog_file_prefixes = {folder}\ninet_interfaces = 127.0.0.1\n\
             inet_protocols = ipv4\nmyhostname = mx.clinic.test\nmydestination =\nmynetworks = 127.0.0.0/8\n\
             alias_maps =\nalias_database =\nlocal_recipient_maps =\nbiff = no\n\
             virtual_mailbox_domains = clinic.test\nvirtual_mailbox_base = {folder}/mail\n\
             virtual_mailbox_maps = inline:{{ ada@clinic.test=ada, ben@clinic.test=ben, grey@clinic.test=grey }}\n\
             virtual_minimum_uid = 1\nvirtual_uid_maps = static:{uid}\nvirtual_gid_maps = static:{gid}\n\
             smtpd_recipient_restrictions = check_recipient_access texthash:{folder}/access, permit_mynetworks, reject\n\
             smtpd_tls_security_level = may\nsmtpd_tls_cert_file = {folder}/cert.pem\n\
             smtpd_tls_key_file = {folder}/key.pem\n",
            uid = root(&["id", "-u", "postfix"]).trim(),
            gid = root(&["id", "-g", "postfix"]).trim(),
        );
        std::fs::write(self.path("main.cf"), main).unwrap();
        std::fs::write(self.path("access"), "grey@clinic.test 450 4.2.0 Greylisted, come again\n").unwrap();
        let Self { port, plain, tls, .. } = self;
        let master = format!(
            "127.0.0.1:{port} inet n - n - - smtpd\n\
             127.0.0.1:{plain} inet n - n - - smtpd\n  -o smtpd_tls_security_level=none\n\
             127.0.0.1:{tls} inet n - n - - smtpd\n  -o smtpd_tls_wrappermode=yes\n\
             pickup unix n - n 60 1 pickup\ncleanup unix n - n - 0 cleanup\nqmgr unix n - n 300 1 qmgr\n\
             rewrite unix - - n - - trivial-rewrite\nbounce unix - - n - 0 bounce\ndefer unix - - n - 0 bounce\n\
             trace unix - - n - 0 bounce\nverify unix - - n - 1 verify\nproxymap unix - - n - - proxymap\n\
             smtp unix - - n - - smtp\nerror unix - - n - - error\nretry unix - - n - - error\n\
             discard unix - - n - - discard\nlocal unix - n n - - local\nvirtual unix - n n - - virtual\n\
             anvil unix - - n - 1 anvil\ntlsmgr unix - - n 1000? 1 tlsmgr\nscache unix - - n - 1 scache\n\
             postlog unix-dgram n - n - 1 postlogd\n"
        );
        std::fs::write(self.path("master.cf"), master).unwrap();
    }

    /// From now on whoever came again is welcome.
    pub fn end_greylisting(&self) {
        std::fs::write(self.path("access"), "").unwrap();
        self.postfix("reload");
    }

    /// The mailbox's text as it is now.
    pub fn mailbox(&self, name: &str) -> String {
        let file = self.path("mail").join(name);
        if !file.exists() { String::new() } else { root(&["cat", file.to_str().unwrap()]) }
    }

    /// Waits until so many messages lie in the mailbox.
    pub async fn delivered(&self, name: &str, count: usize) -> Vec<String> {
        let until = Instant::now() + PATIENCE;
        loop {
            let text = self.mailbox(name);
            let messages: Vec<String> = text.split("From hearth@").skip(1).map(|m| m.replace("\r\n", "\n")).collect();
            if messages.len() >= count {
                return messages;
            }
            assert!(Instant::now() < until, "{name} has {} of {count} messages\n{}", messages.len(), self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path("mail.log")).unwrap_or_default()
    }

    fn wait_for(&self, condition: impl Fn() -> bool, what: &str) {
        let until = Instant::now() + PATIENCE;
        while !condition() {
            assert!(Instant::now() < until, "gave up waiting until {what}\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let folder = self.folder.path().to_str().unwrap();
        root(&["/usr/sbin/postfix", "-c", folder, "abort"]);
        root(&["chmod", "-R", "a+rwX", folder]);
        root(&["find", folder, "-mindepth", "1", "-delete"]);
    }
}
